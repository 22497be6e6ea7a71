'use client';

import { Button } from '@mantine/core';
import { MembersPicker } from '@/components/members/MembersPicker';
import { countryName } from '@/components/rates/search-params';
import { dayFromNow } from '@/components/ui/day';
import { DayField } from '@/components/ui/DayField';
import { FilterChip } from '@/components/ui/FilterChip';
import { SearchField } from '@/components/ui/SearchField';
import tableStyles from '@/components/ui/table.module.css';
import { useLocale } from '@/components/ui/useLocale';
import { normalizeBeginning } from '@/server/domain/core/phone-numbers';
import type { Facets } from './LogHistogram';
import { MESSAGE_STATUS_LABELS, SPAN_LABELS } from './labels';
import { NO_FILTERS, type Log } from './useLog';
import { SPANS, type LogView } from './search-params';
import { MESSAGE_STATUSES } from '@/server/domain/messaging/messages/rules';

type Props = { log: Log; facets: Facets | undefined; hasMembers: boolean };

/** The filters of the log, with the number of messages of each option. */
export function LogToolbar({ log, facets, hasMembers }: Props) {
  const { view, narrow } = log;
  const { locale } = useLocale();
  const { memberId: _chosen, ...among } = log.filters;
  const number = (value: number | null) => (value === null ? undefined : value.toLocaleString(locale));
  const countries = countryChoices(facets?.countries ?? [], view.country);
  return (
    <search className={tableStyles.toolbar}>
      <SearchField
        label="Find messages"
        placeholder="Search number (+1415…), reference or ID…"
        value={view.recipient ?? view.reference ?? ''}
        onChange={(text) => find(log, text)}
      />
      {hasMembers && <MembersPicker value={view.member} onChange={(member) => narrow({ member })} among={among} />}
      <FilterChip
        label="Status"
        options={statusChoices(facets?.statuses ?? [], view.status, number)}
        chosen={view.status === null ? [] : [view.status]}
        onChange={([status]) => narrow({ status: status ?? null })}
        single
      />
      <FilterChip
        label="Country"
        options={countries.map(({ country, messages }) => ({
          value: country,
          label: countryName(country, locale),
          note: number(messages),
        }))}
        chosen={view.country === null ? [] : [view.country]}
        onChange={([country]) => narrow({ country: country ?? null })}
        single
      />
      <RangeFilter log={log} />
      {log.isFiltered && (
        <Button size="xs" variant="subtle" onClick={() => narrow(NO_FILTERS)}>
          Clear
        </Button>
      )}
    </search>
  );
}

/**
 * Filters by recipient for a number with a plus, opens the message for an ID, and filters by reference for any other
 * text.
 */
function find({ narrow, show }: Log, text: string): void {
  if (/^msg_[0-9a-z]{26}$/.test(text)) return show(text);
  const number = normalizeBeginning(text);
  const isNumber = /^\+[0-9]{0,15}$/.test(number);
  narrow({ recipient: isNumber && number.length > 1 ? number : null, reference: isNumber || !text ? null : text });
}

const OWN = 'own';
const RANGES = [...SPANS, OWN] as const;
type Range = (typeof RANGES)[number];

function RangeFilter({ log: { view, narrow } }: { log: Log }) {
  const isOwn = view.from !== null || view.to !== null;
  const choose = ([days]: Range[]) => {
    if (days === OWN) return narrow({ from: new Date(dayFromNow(-6)), to: new Date(dayFromNow(0)) });
    return narrow({ days: days ?? null, from: null, to: null });
  };
  return (
    <>
      <FilterChip
        label={isOwn ? 'Custom (UTC)' : `${SPAN_LABELS[view.days]} (UTC)`}
        options={RANGES.map((value) => ({ value, label: value === OWN ? 'Custom…' : SPAN_LABELS[value] }))}
        chosen={[isOwn ? OWN : view.days]}
        onChange={choose}
        single
        plain
      />
      {isOwn && (
        <>
          <DayField label="From day (UTC)" value={view.from} onChange={(from) => narrow({ from })} />
          <DayField label="To day (UTC)" value={view.to} onChange={(to) => narrow({ to })} />
        </>
      )}
    </>
  );
}

const USUAL = new Set<string>(['queued', 'sent', 'delivered', 'failed']);

/** Returns the status options; rare ones only where such messages exist. */
function statusChoices(
  counted: Facets['statuses'],
  chosen: LogView['status'],
  number: (value: number) => string | undefined,
) {
  const known = new Map(counted.map((one) => [one.status, one]));
  const offered = MESSAGE_STATUSES.filter((status) => USUAL.has(status) || known.has(status) || status === chosen);
  return offered.map((status) => {
    const found = known.get(status);
    return {
      value: status,
      label: MESSAGE_STATUS_LABELS[status],
      note: found && `${number(found.messages)}${found.more ? '+' : ''}`,
    };
  });
}

/** Adds the chosen country to the options if it was not counted. */
function countryChoices(counted: Facets['countries'], chosen: string | null): Facets['countries'] {
  if (chosen === null || counted.some(({ country }) => country === chosen)) return counted;
  return [{ country: chosen, messages: null }, ...counted];
}
