'use client';

import dynamic from 'next/dynamic';
import { useShell } from '@/components/layout/useShell';

const OwnerOverview = dynamic(() => import('./OwnerOverview').then((file) => file.OwnerOverview));
const MemberOverview = dynamic(() => import('./MemberOverview').then((file) => file.MemberOverview));

/** The overview page: of the team for owners, of their own member for members. */
export function Overview() {
  return useShell().me.role === 'owner' ? <OwnerOverview /> : <MemberOverview />;
}
