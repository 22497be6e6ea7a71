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

/** Who is signed in, or null. */
export const currentUser = cache(async (): Promise<SignedInUser | null> => {
  const sessionId = await sessionOfCookie();
  return sessionId === null ? null : noted(await findSignedInUser(services(), sessionId));
});

/** The seat from which the person who is signed in acts in a team, as it is at this moment. */
export const findPlaceInTeam = cache(async (slug: string): Promise<Place> => {
  const sessionId = await sessionOfCookie();
  if (sessionId === null) return { ok: false, reason: 'signed-out' };
  const place = await findMembership(services(), { sessionId, slug, address: await clientAddress() });
  if (place.ok || place.reason !== 'signed-out') noted(place.user);
  return place;
});

/** Notes that the session is in use, once in a while; nobody waits for it. */
function noted<P extends Present | null>(user: P): P {
  if (user?.unseen) {
    markSeen(services(), user.sessionId).catch((error: unknown) =>
      log({ msg: 'a session in use was not noted', level: 'warn', ...describeFault(error) }),
    );
  }
  return user;
}

/** A seat as it is printed for a page: the ids are external. */
export type MyMembership = z.input<typeof membershipsSchema>[number];

/** Every live seat of the person who is signed in, sorted by the team's name; none for nobody. */
export const myMemberships = cache(async (): Promise<MyMembership[]> => {
  const user = await currentUser();
  return user ? z.encode(membershipsSchema, await listMemberships(services(), user.userId)) : [];
});

/** Where a request comes from, as the server has seen it. */
const clientAddress = async (): Promise<string | null> => (await headers()).get('x-purser-address');

/** From where, and with what browser. */
export const requestOrigin = async (): Promise<Origin> => ({
  address: await clientAddress(),
  agent: (await headers()).get('user-agent'),
});

/** The page that is asked for, to come back to it. */
export const askedPath = async (): Promise<string> => (await headers()).get('x-purser-path') ?? '/';

/** How to sign in to the demo, and whether its mails stand in its mailbox; null where this is none. */
export function demoCredentials() {
  const { demo, vault, mail } = services();
  return demo ? { ...demoSignIn(vault), hasMailbox: mail === 'mailbox' } : null;
}

const sessionOfCookie = cache(async (): Promise<string | null> => {
  const token = (await cookies()).get(sessionCookie().name)?.value;
  return token === undefined ? null : readToken(token);
});

// A token that was made under another secret, or is none, is a browser that is not signed in.
const readToken = (token: string): Promise<string | null> =>
  decode({ token, secret: secret() }).then(
    (claims) => (typeof claims?.['sid'] === 'string' ? claims['sid'] : null),
    () => null,
  );

const secret = (): string => services().vault.secretFor('sign-in');

/** The browser itself keeps a `__Host-` cookie to this one host and to https. */
function sessionCookie() {
  const { https } = env();
  const options = { httpOnly: true, sameSite: 'lax', path: '/', secure: https } as const;
  return { name: https ? '__Host-purser-session' : 'purser-session', options };
}

/** The cookie's token carries the id of a session and nothing else: who that is, the database says at each request. */
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
    error: (code) => log({ msg: 'sign-in was not carried out', level: 'warn', code }),
    warn: () => {},
  },
});

const given = z.object({
  email: boundedText(320),
  password: boundedText(1_000),
  code: boundedText(100).optional(),
});

type Entered = { id: string; sid: string };

/** What next-auth asks: null for a wrong address or password, else the error's message is what the page is told. */
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

/** A form with an address and a password is small. */
const FORM_MAX_BYTES = 65_536;

/** Answers below /api/auth: of next-auth what the pages use, and none of its own pages. */
export async function answerAuth(
  request: Request,
  route: { params: Promise<{ nextauth: string[] }> },
): Promise<Response> {
  const { nextauth } = await route.params;
  const method = request.method === 'POST' ? 'POST' : 'GET';
  if (!SERVED[method].includes(nextauth.join('/'))) return problemResponse('not_found');
  try {
    // Without the field no browser has sent it; next-auth's own token is demanded of everyone.
    if (method === 'POST' && request.headers.has('origin')) mustComeFromHere(request);
    const body = method === 'POST' ? await readBytes(request, FORM_MAX_BYTES) : null;
    const asked = new NextRequest(request.url, {
      method,
      headers: request.headers,
      body: body && new Uint8Array(body),
    });
    const response: Response = await NextAuth(asked as never, { params: route.params } as never, options());
    response.headers.set('Cache-Control', 'no-store');
    return response;
  } catch (error) {
    if (error instanceof DomainError) return problemResponse(error.code, error.facts);
    if (error instanceof RequestAborted) return abortedResponse({ route: '/api/auth' });
    log({ msg: 'unexpected error', level: 'error', ...describeFault(error) });
    return problemResponse(isUnavailable(error) ? 'unavailable' : 'internal');
  }
}
