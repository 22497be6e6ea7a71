/** A refused sign-in: the message for the user, if there is one, and the field to fill in next. */
export class SignInRefusal extends Error {
  constructor(
    message: string,
    readonly needs: 'password' | 'code',
  ) {
    super(message);
  }
}

/** The result of a sign-in: ok, or an error message and the field to fill in next. */
export type Entered = { ok: true } | { ok: false; why?: string; needs: 'password' | 'code' };

const AWAY = 'Can’t reach the server. Try again in a moment.';

async function post(path: string, fields: Record<string, string>): Promise<URL> {
  const { csrfToken } = (await (await fetch('/api/auth/csrf')).json()) as { csrfToken: string };
  const body = new URLSearchParams({ ...fields, csrfToken, callbackUrl: '/', json: 'true' });
  const response = await fetch(`/api/auth/${path}`, { method: 'POST', body });
  const { url } = (await response.json()) as { url: string };
  return new URL(url, window.location.origin);
}

/** Signs in and resolves when the browser has its session. Users with two-factor are asked for a code. */
export async function postSignIn(email: string, password: string, code = ''): Promise<Entered> {
  try {
    const error = (await post('callback/credentials', { email, password, code })).searchParams.get('error');
    return error === null ? { ok: true } : explain(error, code !== '');
  } catch {
    return { ok: false, why: AWAY, needs: code === '' ? 'password' : 'code' };
  }
}

/** Signs in with a password that was just set, and opens a path; opens the sign-in page if more is needed. */
export async function goIn(email: string, password: string | undefined, next: string): Promise<void> {
  const entered = password !== undefined && (await postSignIn(email, password)).ok;
  window.location.assign(entered ? next : '/sign-in');
}

/**
 * Ends this browser's session in all its tabs.
 * @throws if the server did not respond
 */
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
