/** What came of a sign-in: nothing went wrong, or what to tell, and the field that is to be filled in then. */
export type Entered = { ok: true } | { ok: false; why?: string; needs: 'password' | 'code' };

const AWAY = 'Can’t reach the server. Try again in a moment.';

async function post(path: string, fields: Record<string, string>): Promise<URL> {
  const { csrfToken } = (await (await fetch('/api/auth/csrf')).json()) as { csrfToken: string };
  const body = new URLSearchParams({ ...fields, csrfToken, callbackUrl: '/', json: 'true' });
  const response = await fetch(`/api/auth/${path}`, { method: 'POST', body });
  const { url } = (await response.json()) as { url: string };
  return new URL(url, window.location.origin);
}

/** Signs in; the browser has its session when this answers ok. A code is asked for of who has a second factor. */
export async function postSignIn(email: string, password: string, code = ''): Promise<Entered> {
  try {
    const error = (await post('callback/credentials', { email, password, code })).searchParams.get('error');
    return error === null ? { ok: true } : explain(error, code !== '');
  } catch {
    return { ok: false, why: AWAY, needs: code === '' ? 'password' : 'code' };
  }
}

/** Goes in with what was just set; where more is asked for, by the page that asks for it. */
export async function goIn(email: string, password: string | undefined, next: string): Promise<void> {
  const entered = password !== undefined && (await postSignIn(email, password)).ok;
  window.location.assign(entered ? next : '/sign-in');
}

/** Ends this browser's session, for all its tabs. Throws when the server did not answer. */
export async function signOut(): Promise<void> {
  await post('signout', {});
}

function explain(error: string, withCode: boolean): Entered {
  if (error === 'code') return { ok: false, needs: 'code' };
  if (error === 'wrong-code') return { ok: false, why: 'Wrong code. Each code works once.', needs: 'code' };
  if (error === 'CredentialsSignin') {
    return { ok: false, why: 'Wrong email or password.', needs: 'password' };
  }
  const [, minutes] = /^wait-(\d+)$/.exec(error) ?? [];
  const needs = withCode ? 'code' : 'password';
  if (minutes === undefined) return { ok: false, why: AWAY, needs };
  return { ok: false, why: `Too many attempts. Wait ${minutes} ${minutes === '1' ? 'minute' : 'minutes'}.`, needs };
}
