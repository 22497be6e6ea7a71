/** What came of a sign-in: nothing went wrong, or what to tell. */
export type Entered = { ok: true } | { ok: false; why: string };

const AWAY = 'The service cannot be reached now. Try again in a moment.';

async function post(path: string, fields: Record<string, string>): Promise<URL> {
  const { csrfToken } = (await (await fetch('/api/auth/csrf')).json()) as { csrfToken: string };
  const body = new URLSearchParams({ ...fields, csrfToken, callbackUrl: '/', json: 'true' });
  const response = await fetch(`/api/auth/${path}`, { method: 'POST', body });
  const { url } = (await response.json()) as { url: string };
  return new URL(url, window.location.origin);
}

/** Signs in; the browser has its session when this answers ok. */
export async function signIn(email: string, password: string): Promise<Entered> {
  try {
    const error = (await post('callback/credentials', { email, password })).searchParams.get('error');
    return error === null ? { ok: true } : { ok: false, why: explain(error) };
  } catch {
    return { ok: false, why: AWAY };
  }
}

/** Ends this browser's session, for all its tabs. Throws when the server did not answer. */
export async function signOut(): Promise<void> {
  await post('signout', {});
}

function explain(error: string): string {
  if (error === 'CredentialsSignin') return 'The email or the password is not right.';
  const [, minutes] = /^wait-(\d+)$/.exec(error) ?? [];
  if (minutes !== undefined) return `Too many tries. Wait ${minutes} ${minutes === '1' ? 'minute' : 'minutes'}.`;
  return AWAY;
}
