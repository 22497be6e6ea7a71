import type { ReactNode } from 'react';
import { DataProvider } from '@/components/data';

/** The ways in, which know no team. */
export default function AuthLayout({ children }: { children: ReactNode }) {
  return <DataProvider team={null}>{children}</DataProvider>;
}
