import type { Metadata } from 'next';
import { ErrorList } from '@/components/errors/ErrorPage';

export const metadata: Metadata = { title: 'Errors' };

export default function Page() {
  return <ErrorList />;
}
