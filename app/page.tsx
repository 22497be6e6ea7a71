import Link from 'next/link';

export default function Home() {
  return (
    <main className="text-page">
      <h1>Purser is running</h1>
      <p>
        Its API is at <code>/api/v1</code>; every call there takes an API key. Whether the service is up can be read at{' '}
        {/* oxlint-disable-next-line nextjs/no-html-link-for-pages -- not a page */}
        <a href="/api/health">/api/health</a>, what its errors mean under <Link href="/docs/errors">/docs/errors</Link>.
      </p>
    </main>
  );
}
