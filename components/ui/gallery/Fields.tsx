'use client';

import { useState } from 'react';
import { AmountField } from '../money/AmountField';
import { FilterChip } from '../FilterChip';
import { SearchField } from '../SearchField';
import styles from './gallery.module.css';
import { NAMES } from './samples';

/** The initial texts of amount fields, with their currencies. */
const TYPED: [label: string, text: string, currency: string][] = [
  ['Empty', '', 'USD'],
  ['Understood', '$1,250.5', 'USD'],
  ['All', 'all', 'USD'],
  ['Not understood', '1,25', 'USD'],
  ['Too much', '10000000000', 'USD'],
  ['Yen', '1250', 'JPY'],
  ['Dinar', '1.5', 'KWD'],
];

export function Fields() {
  const [chosen, setChosen] = useState<string[]>(['two']);
  const [query, setQuery] = useState('');
  const options = [
    { value: 'one', label: 'active' },
    { value: 'two', label: NAMES[2]! },
  ];
  return (
    <>
      <div className={styles.fields}>
        {TYPED.map(([label, text, currency]) => (
          <Typed key={label} label={label} text={text} currency={currency} />
        ))}
        <AmountField
          label="Refused"
          value="20"
          onChange={() => undefined}
          currency="USD"
          error="Master balance is $17.00 short."
        />
      </div>
      <search>
        <SearchField label="Search" placeholder="Search name, email, ID…" value={query} onChange={setQuery} />
      </search>
      <FilterChip label="Nothing chosen" options={options} chosen={[]} onChange={setChosen} />
      <FilterChip label="Status" options={options} chosen={chosen} onChange={setChosen} />
    </>
  );
}

function Typed({ label, text, currency }: { label: string; text: string; currency: string }) {
  const [value, setValue] = useState(text);
  return <AmountField label={label} value={value} onChange={setValue} currency={currency} all={12_500_000n} />;
}
