'use client';

import dynamic from 'next/dynamic';
import { useShell } from '@/components/layout/useShell';

const OwnerOverview = dynamic(() => import('./OwnerOverview').then((file) => file.OwnerOverview));
const MemberOverview = dynamic(() => import('./MemberOverview').then((file) => file.MemberOverview));

/** The first page of a team: of the whole of it for an owner, of its own seat for a member. */
export function Overview() {
  return useShell().me.role === 'owner' ? <OwnerOverview /> : <MemberOverview />;
}
