import Link from 'next/link';
import { ERRORS, type ErrorCode } from '@/server/domain/core/errors';
import styles from './errors.module.css';

const WORDS = /`([^`]+)`/;

/** Renders a text in which `backticks` mark code. */
function Advice({ text }: { text: string }) {
  return text.split(WORDS).map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part));
}

const shape = (code: ErrorCode): string =>
  JSON.stringify(
    {
      type: `/docs/errors/${code}`,
      title: ERRORS[code].title,
      status: ERRORS[code].status,
      detail: '…',
      code,
      requestId: 'req_…',
    },
    null,
    2,
  );

/** Explains one error code. */
export function ErrorPage({ code }: { code: ErrorCode }) {
  const { status, title, advice } = ERRORS[code];
  return (
    <main className="text-page">
      <p className={styles.above}>
        <Link href="/docs/errors">All errors</Link> · <code>{code}</code> · HTTP {status}
      </p>
      <h1>{title}</h1>
      <p>
        <Advice text={advice} />
      </p>
      <h2>Example response</h2>
      <pre>{shape(code)}</pre>
      <p className={styles.above}>
        Check <code>code</code> in your program; its meaning never changes. <code>detail</code> is for people. Include{' '}
        <code>requestId</code> when you ask for help.
      </p>
    </main>
  );
}

/** Lists all error codes of the API. */
export function ErrorList() {
  return (
    <main className="text-page">
      <h1>API errors</h1>
      <p>
        Every error is <code>application/problem+json</code> with a stable <code>code</code>.
      </p>
      <table className={styles.codes}>
        <thead>
          <tr>
            <th scope="col">HTTP</th>
            <th scope="col">Code</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(ERRORS).map(([code, { status, title }]) => (
            <tr key={code}>
              <td>{status}</td>
              <td>
                <Link href={`/docs/errors/${code}`}>
                  <code>{code}</code>
                </Link>
              </td>
              <td>{title}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </main>
  );
}
