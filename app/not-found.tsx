import type { Metadata } from 'next';
import { Missing } from '@/components/errors/NotFound';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <main className="text-page">
      <Missing />
    </main>
  );
}
