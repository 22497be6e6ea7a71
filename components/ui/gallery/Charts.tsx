'use client';

import { BarChart, type Bar } from '../BarChart';
import { Histogram } from '../Histogram';
import { Bars } from '../pieces';

const bars = (size: (i: number) => number, length = 30): Bar[] =>
  Array.from({ length }, (_, i) => ({
    id: String(i),
    name: `Day ${i + 1}`,
    now: { size: size(i), shown: size(i).toFixed(2) },
    before: { size: size(length - 1 - i) * 0.8, shown: (size(length - 1 - i) * 0.8).toFixed(2) },
  }));

const SHAPES: [string, (i: number) => number][] = [
  ['Up and down', (i) => 20 + 15 * Math.sin(i)],
  ['One day above all', (i) => (i === 12 ? 1_000_000 : 3)],
  ['Nothing at all', () => 0],
];

export const Charts = () => (
  <>
    {SHAPES.map(([label, size]) => (
      <BarChart
        key={label}
        label={label}
        bars={bars(size)}
        print={(value) => value.toLocaleString('en')}
        names={{ bar: 'Day', now: label, before: 'Before' }}
        ends={['Day 1', 'Today']}
      />
    ))}
    <BarChart
      label="A year, with its table elsewhere"
      bars={bars((i) => 20 + 15 * Math.sin(i / 9), 365)}
      print={(value) => value.toLocaleString('en')}
      names={{ bar: 'Day', now: 'A year', before: 'Before' }}
      ends={['Day 1', 'Today']}
      isTabled
    />
    {[7, 30, 366].map((length) => (
      <Histogram
        key={length}
        label={`A histogram of ${length}`}
        columns={bars((i) => Math.round(20 + 15 * Math.sin(i)), length).map(({ id, name, now: { size } }, i) => ({
          id,
          name,
          size: i % 6 === 5 ? 0 : size,
          marked: i % 4 === 0 ? Math.ceil(size / 5) : 0,
        }))}
        ends={['Day 1', 'Today']}
        read={({ name, size }) => `${name}: ${size}`}
        onNarrow={() => {}}
      />
    ))}
    <Bars label="Small bars" values={[1, 4, 2, 8, 5, 0, 7]} />
  </>
);
