import type { Metadata } from 'next';
import { NotFoundPage } from '@/components/errors/NotFound';

export const metadata: Metadata = { title: 'Page not found' };

export default function NotFound() {
  return (
    <main className="text-page">
      <NotFoundPage />
    </main>
  );
}
