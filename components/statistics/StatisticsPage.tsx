'use client';

import { useShell } from '@/components/layout/useShell';
import { PageHead } from '@/components/ui/pieces';
import { StatisticsView } from './StatisticsView';

/** The statistics of the team for owners, their own for members. */
export function StatisticsPage() {
  const { me } = useShell();
  return (
    <>
      <PageHead title="Statistics" />
      <StatisticsView onlyMemberId={me.role === 'owner' ? null : me.memberId} />
    </>
  );
}
