'use client';

import { Button, Checkbox, NativeSelect } from '@mantine/core';
import { MembersPicker } from '@/components/members/MembersPicker';
import { DayField } from '@/components/ui/DayField';
import tableStyles from '@/components/ui/table.module.css';
import { addDays } from '@/server/domain/messaging/usage/rules';
import { CountryPicker } from './CountryPicker';
import { PRESETS, rangeOf, type StatisticsView, type UsageQuestion } from './search-params';
import { PRESET_LABELS } from './labels';

type Props = {
  view: StatisticsView;
  question: UsageQuestion | null;
  onChange: (next: Partial<StatisticsView>) => void;
  /** True when the statistics show a single member, so that none can be picked. */
  isHeld: boolean;
};

/** The filters in their empty state. */
export const NO_FILTERS: Partial<StatisticsView> = { member: [], country: null };

/** The range, comparison and filters of the statistics. */
export function Toolbar({ view, question, onChange, isHeld }: Props) {
  const isFiltered = (!isHeld && view.member.length > 0) || view.country !== null;
  return (
    <search className={tableStyles.toolbar}>
      <RangeFields view={view} onChange={onChange} />
      <Checkbox
        size="xs"
        label="Compare"
        checked={view.compare}
        onChange={(event) => onChange({ compare: event.currentTarget.checked })}
      />
      {!isHeld && (
        <MembersPicker
          value={view.member}
          onChange={(member) => onChange({ member })}
          among={{ ...rangeOf(view), ...(view.country && { country: view.country }) }}
        />
      )}
      <CountryPicker question={question} value={view.country} onChange={(country) => onChange({ country })} />
      {isFiltered && (
        <Button size="xs" variant="subtle" onClick={() => onChange(NO_FILTERS)}>
          Clear
        </Button>
      )}
    </search>
  );
}

const OWN = 'own';

/** Selects a range by preset or by days; a change that would invert the range moves its other end along. */
function RangeFields({ view, onChange }: Pick<Props, 'view' | 'onChange'>) {
  const range = rangeOf(view);
  const [first, last] = [new Date(range.from), new Date(addDays(range.to, -1))];
  const isOwn = view.from !== null || view.to !== null;
  return (
    <>
      <NativeSelect
        size="xs"
        aria-label="Range"
        value={isOwn ? OWN : view.range}
        onChange={({ currentTarget: { value } }) =>
          onChange(
            value === OWN ? { from: first, to: last } : { range: value as typeof view.range, from: null, to: null },
          )
        }
        data={[
          ...PRESETS.map((preset) => ({ value: preset, label: PRESET_LABELS[preset] })),
          { value: OWN, label: 'Custom…' },
        ]}
      />
      <DayField
        label="First day (UTC)"
        value={first}
        onChange={(from) => from && onChange({ from, to: from > last ? from : last })}
      />
      <DayField
        label="Last day (UTC)"
        value={last}
        onChange={(to) => to && onChange({ from: to < first ? to : first, to })}
      />
    </>
  );
}
