import type { ReactNode } from 'react';
import { DataProvider } from '@/components/data';

/** The layout of the sign-in pages, which belong to no team. */
export default function AuthLayout({ children }: { children: ReactNode }) {
  return <DataProvider team={null}>{children}</DataProvider>;
}
