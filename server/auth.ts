import 'server-only';
import NextAuth, { type AuthOptions, type Session } from 'next-auth';
import { decode } from 'next-auth/jwt';
import Credentials from 'next-auth/providers/credentials';
import { cookies, headers } from 'next/headers';
import { NextRequest } from 'next/server';
import { cache } from 'react';
import { z } from 'zod';
import { isUnavailable } from '@/db/faults';
import { DomainError } from '@/server/domain/core/errors';
import { boundedText } from '@/server/domain/core/validation';
import type { Origin, SignedInUser } from '@/server/domain/core/user-context';
import {
  findSignedInUser,
  findMembership,
  listMemberships,
  type Place,
  type Present,
} from '@/server/domain/identity/sessions/read';
import { demoSignIn, SESSION_DAYS } from '@/server/domain/identity/sessions/rules';
import { membershipsSchema } from '@/server/domain/identity/sessions/schema';
import { endSession, markSeen, signIn } from '@/server/domain/identity/sessions/write';
import { env } from '@/server/env';
import { abortedResponse, readBytes, RequestAborted } from '@/server/http/body';
import { mustComeFromHere } from '@/server/http/origin';
import { problemResponse } from '@/server/http/problem';
import { services } from '@/server/http/services';
import { describeFault, log } from '@/server/log';

/** Returns the signed-in user, or null. */
export const currentUser = cache(async (): Promise<SignedInUser | null> => {
  const sessionId = await sessionOfCookie();
  return sessionId === null ? null : withLastUse(await findSignedInUser(services(), sessionId));
});

/** Returns the signed-in user's current membership in the team of a slug, or why there is none. */
export const findPlaceInTeam = cache(async (slug: string): Promise<Place> => {
  const sessionId = await sessionOfCookie();
  if (sessionId === null) return { ok: false, reason: 'signed-out' };
  const place = await findMembership(services(), { sessionId, slug, address: await clientAddress() });
  if (place.ok || place.reason !== 'signed-out') withLastUse(place.user);
  return place;
});

/** Updates the session's time of last use in the background if it is due, and returns the user. */
function withLastUse<P extends Present | null>(user: P): P {
  if (user?.unseen) {
    markSeen(services(), user.sessionId).catch((error: unknown) =>
      log({ msg: 'the time of last use of a session was not updated', level: 'warn', ...describeFault(error) }),
    );
  }
  return user;
}

/** A membership as it is printed for a page, with external ids. */
export type MyMembership = z.input<typeof membershipsSchema>[number];

/** Lists the signed-in user's memberships, sorted by the team's name; empty without a sign-in. */
export const myMemberships = cache(async (): Promise<MyMembership[]> => {
  const user = await currentUser();
  return user ? z.encode(membershipsSchema, await listMemberships(services(), user.userId)) : [];
});

/** Returns the client's address that `server/web.ts` has determined. */
const clientAddress = async (): Promise<string | null> => (await headers()).get('x-purser-address');

/** Returns the address and browser of the request. */
export const requestOrigin = async (): Promise<Origin> => ({
  address: await clientAddress(),
  agent: (await headers()).get('user-agent'),
});

/** Returns the path of the requested page, to return to it after sign-in. */
export const askedPath = async (): Promise<string> => (await headers()).get('x-purser-path') ?? '/';

/** Returns the demo's sign-in and whether it has a mailbox, or null outside a demo. */
export function demoCredentials() {
  const { demo, vault, mail } = services();
  return demo ? { ...demoSignIn(vault), hasMailbox: mail === 'mailbox' } : null;
}

const sessionOfCookie = cache(async (): Promise<string | null> => {
  const token = (await cookies()).get(sessionCookie().name)?.value;
  return token === undefined ? null : readToken(token);
});

// An invalid token, or one of another secret, counts as not signed in.
const readToken = (token: string): Promise<string | null> =>
  decode({ token, secret: secret() }).then(
    (claims) => (typeof claims?.['sid'] === 'string' ? claims['sid'] : null),
    () => null,
  );

const secret = (): string => services().vault.secretFor('sign-in');

/** Returns the session cookie's name and options. Browsers restrict a `__Host-` cookie to this host and to https. */
function sessionCookie() {
  const { https } = env();
  const options = { httpOnly: true, sameSite: 'lax', path: '/', secure: https } as const;
  return { name: https ? '__Host-purser-session' : 'purser-session', options };
}

/** Options of next-auth. The cookie's token holds only the id of a session; the user is read at each request. */
const options = (): AuthOptions => ({
  secret: secret(),
  session: { strategy: 'jwt', maxAge: SESSION_DAYS * 24 * 60 * 60 },
  useSecureCookies: env().https,
  cookies: { sessionToken: sessionCookie() },
  pages: { signIn: '/sign-in', signOut: '/sign-in', error: '/sign-in' },
  providers: [
    Credentials({
      credentials: { email: {}, password: {}, code: {} },
      authorize: (given, { headers }) => enter(given, headers),
    }),
  ],
  callbacks: {
    jwt: ({ token, user }) => (user ? { sid: (user as Entered).sid } : { sid: token['sid'] }),
    session: async ({ session, token }) => {
      const user = typeof token['sid'] === 'string' ? await findSignedInUser(services(), token['sid']) : null;
      return user ? { ...session, user: { name: user.name, email: user.email } } : ({} as Session);
    },
  },
  events: {
    signOut: async ({ token }) => {
      if (typeof token['sid'] === 'string') await endSession(services(), token['sid']);
    },
  },
  logger: {
    error: (code) => log({ msg: 'sign-in failed', level: 'warn', code }),
    warn: () => {},
  },
});

const given = z.object({
  email: boundedText(320),
  password: boundedText(1_000),
  code: boundedText(100).optional(),
});

type Entered = { id: string; sid: string };

/**
 * Authorizes a sign-in for next-auth.
 * @returns null for a wrong email or password
 * @throws Error whose message tells the page the reason
 */
async function enter(credentials: unknown, fields: Record<string, string> = {}): Promise<Entered | null> {
  const { data } = given.safeParse(credentials);
  if (!data) return null;
  const address = fields['x-purser-address'] ?? null;
  const result = await signIn(services(), data, { address, agent: fields['user-agent'] ?? null }).catch(
    (error: unknown) => {
      const unavailable = isUnavailable(error);
      log({ msg: 'sign-in', level: unavailable ? 'warn' : 'error', outcome: 'broken', ...describeFault(error) });
      throw new Error(unavailable ? 'unavailable' : 'internal');
    },
  );
  log({
    msg: 'sign-in',
    outcome: result.ok ? 'ok' : result.reason,
    user: result.ok ? result.user.userId : undefined,
    address,
  });
  if (result.ok) return { id: result.user.userId, sid: result.user.sessionId };
  if (result.reason === 'wrong') return null;
  throw new Error(result.reason === 'throttled' ? `wait-${result.minutes}` : result.reason);
}

const SERVED = {
  GET: ['csrf', 'session', 'providers', 'signin', 'signout', 'error'],
  POST: ['callback/credentials', 'signout'],
};

/** Size limit of the sign-in form in bytes. */
const FORM_MAX_BYTES = 65_536;

/** Handles requests below /api/auth: only the endpoints of next-auth that the pages use, not its own pages. */
export async function answerAuth(
  request: Request,
  route: { params: Promise<{ nextauth: string[] }> },
): Promise<Response> {
  const { nextauth } = await route.params;
  const method = request.method === 'POST' ? 'POST' : 'GET';
  if (!SERVED[method].includes(nextauth.join('/'))) return problemResponse('not_found');
  try {
    // Browsers always send `Origin` with a POST. next-auth checks its CSRF token in any case.
    if (method === 'POST' && request.headers.has('origin')) mustComeFromHere(request);
    const body = method === 'POST' ? await readBytes(request, FORM_MAX_BYTES) : null;
    const copy = new NextRequest(request.url, {
      method,
      headers: request.headers,
      body: body && new Uint8Array(body),
    });
    const response: Response = await NextAuth(copy as never, { params: route.params } as never, options());
    response.headers.set('Cache-Control', 'no-store');
    return response;
  } catch (error) {
    if (error instanceof DomainError) return problemResponse(error.code, error.facts);
    if (error instanceof RequestAborted) return abortedResponse({ route: '/api/auth' });
    log({ msg: 'unexpected error', level: 'error', ...describeFault(error) });
    return problemResponse(isUnavailable(error) ? 'unavailable' : 'internal');
  }
}
