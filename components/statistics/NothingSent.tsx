'use client';

import { Button } from '@mantine/core';
import { useMemberNames } from '@/components/members/MembersPicker';
import { countryName } from '@/components/rates/search-params';
import { Empty } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { daysIn, type Range } from '@/server/domain/messaging/usage/rules';
import { NO_FILTERS } from './Toolbar';
import type { StatisticsView } from './search-params';

type Props = {
  view: StatisticsView;
  onlyMemberId: string | null;
  range: Range;
  onChange: (next: Partial<StatisticsView>) => void;
};

const YEAR_DAYS = 365;

/** Shown for a range without messages, with the active filters and a next step. */
export function NothingSent({ view, onlyMemberId, range, onChange }: Props) {
  const { locale } = useLocale();
  const members = [...useMemberNames(onlyMemberId === null ? view.member : []).values()];
  const filters = [
    ...(members.length === 0 ? [] : [`by ${members.join(', ')}`]),
    ...(view.country === null ? [] : [`to ${countryName(view.country, locale)}`]),
  ].join(' ');
  if (filters) {
    return (
      <Empty
        title="No messages in this period"
        action={
          <Button variant="default" onClick={() => onChange(NO_FILTERS)}>
            Clear filters
          </Button>
        }
      >
        Filters: messages {filters}.
      </Empty>
    );
  }
  const isLong = daysIn(range) >= YEAR_DAYS;
  return (
    <Empty
      title="No messages in this period"
      action={
        !isLong && (
          <Button variant="default" onClick={() => onChange({ range: '12-months', from: null, to: null })}>
            Last 12 months
          </Button>
        )
      }
    >
      Statistics update instantly.
    </Empty>
  );
}
