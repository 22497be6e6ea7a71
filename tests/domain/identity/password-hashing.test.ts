import { newRequestId, newUuid7 } from '@/server/domain/core/ids';
import { createInvitation } from '@/server/domain/teams/invitations/write';
import { makeLink } from '@/server/domain/identity/email-links/write';
import { linkToken } from '@/server/domain/identity/email-links/rules';
import { createMember } from '@/server/domain/teams/members/write';
import { HASH_COST, HASHES_AT_ONCE, HASHES_WAITING, hashPassword } from '@/server/domain/core/password-hashing';
import { inUserTransaction, type SignedInUser } from '@/server/domain/core/user-context';
import { createTeam } from '@/server/domain/teams/teams/write';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { services } from '@/server/http/services';
import { createCaller } from '@/server/trpc/router';
import { useApi } from '../../support/api-client';
import { enableTwoFactorFor, signInAs, visitor, makeOwnerWithPassword, PASSWORD } from '../../support/visitors';
import { listOperations } from '../../support/operations';
import { callProcedure, sessionOf } from '../../support/procedures';
import { addMember, giveSignIn, makeTeam, someAddress, type TestTeam } from '../../support/team';
import { givePassword } from '@/server/domain/teams/member-sign-in/write';

/** Observations of each hashing: connections in use meanwhile, and how many hashings ran at once. */
const seen = vi.hoisted(() => ({
  calls: 0,
  open: 0,
  now: 0,
  most: 0,
  look: (): Promise<number> => Promise.resolve(0),
}));

vi.mock('@node-rs/argon2', async (original) => {
  const real = await original<typeof import('@node-rs/argon2')>();
  const watched =
    <A extends unknown[], R>(work: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      seen.calls += 1;
      seen.most = Math.max(seen.most, (seen.now += 1));
      try {
        seen.open += await seen.look();
        return await work(...given);
      } finally {
        seen.now -= 1;
      }
    };
  // The hash is cheap here: these tests count when hashing happens and how many run at once.
  const hash: typeof real.hash = (password) => real.hash(password, { memoryCost: 8, timeCost: 1, parallelism: 1 });
  return { ...real, hash: watched(hash), verify: watched(real.verify) };
});

const as = useApi();
const OTHER = 'another password of nobody';

/**
 * Returns the connections that stay in use while the hashing waits for this answer: those of independent statements
 * (the last use of a key) come back, that of a transaction around the hashing does not.
 */
async function lentConnections(): Promise<number> {
  const { pool } = services().database;
  for (let i = 0; i < 40 && pool.totalCount > pool.idleCount; i += 1) await new Promise((done) => setTimeout(done, 5));
  return pool.totalCount - pool.idleCount;
}

beforeEach(() => {
  Object.assign(seen, { calls: 0, open: 0, now: 0, most: 0, look: lentConnections });
});

const caller = (user: SignedInUser | null = null) => {
  const { origin } = visitor();
  const given = { actor: null, user, origin, requestId: newRequestId(), idempotencyKey: null };
  return createCaller({ ...given, services: { ...services(), signUp: 'open' as const, mail: 'mailbox' as const } });
};

const linkFor = async (kind: 'reset' | 'sign-up', email: string): Promise<string> =>
  linkToken(
    services().vault,
    await inUserTransaction(services(), (tx) => makeLink(tx, { kind, email, address: null })),
  );

const user = async () => signInAs((await makeOwnerWithPassword()).email);
const body = { generatePassword: true };

/**
 * Every command that hashes a password. A file of the domain that begins to hash needs a row here, or the test below
 * fails.
 */
const WAYS: [file: string, name: string, prepare: () => Promise<() => Promise<unknown>>][] = [
  [
    'members',
    'creating a member through the API',
    async () => {
      const { ownerKey } = await makeTeam();
      return async () => expect((await as(ownerKey).post('/members', body)).status).toBe(201);
    },
  ],
  [
    'members',
    'creating a member through the API with an Idempotency-Key',
    async () => {
      const { ownerKey } = await makeTeam();
      return async () => expect((await as(ownerKey).post('/members', body, { idempotencyKey: 'k' })).status).toBe(201);
    },
  ],
  [
    'members',
    'creating a member on the pages',
    async () => {
      const session = await sessionOf((await makeTeam()).ownerKey);
      return async () => expect((await callProcedure(session, 'createMember', body, 'k')).problem).toBeNull();
    },
  ],
  [
    'members',
    'creating a member at the command line',
    async () => {
      const { operator } = await makeTeam();
      return () => createMember(operator, { role: 'member', password: OTHER });
    },
  ],
  [
    'invitation-acceptance',
    'accepting an invitation',
    async () => {
      const { url } = await createInvitation((await makeTeam()).owner, { email: someAddress() });
      const token = url!.split('/').at(-1)!;
      return () => caller().joining.acceptInvitation({ token, name: 'Jo', password: OTHER });
    },
  ],
  [
    'passwords',
    'resetting a password',
    async () => {
      const { email } = await makeOwnerWithPassword();
      const token = await linkFor('reset', email);
      return () => caller().access.resetPassword({ token, password: OTHER });
    },
  ],
  [
    'onboarding',
    'signing up',
    async () => {
      const token = await linkFor('sign-up', someAddress());
      return () => caller().access.signUp({ token, team: 'New', currency: 'USD', name: 'Jo', password: OTHER });
    },
  ],
  [
    'sessions',
    'signing in',
    async () => {
      const { email } = await makeOwnerWithPassword();
      return () => signInAs(email);
    },
  ],
  [
    'sessions',
    'confirming who one is',
    async () => {
      const ctx = await user();
      return () => caller(ctx.user).account.confirm({ password: PASSWORD });
    },
  ],
  [
    'sessions',
    'turning two-factor on',
    async () => {
      const ctx = await user();
      return () => enableTwoFactorFor(ctx);
    },
  ],
  [
    'sessions',
    'erasing oneself',
    async () => {
      const ctx = await user();
      return () =>
        caller(ctx.user)
          .account.eraseMe({ password: PASSWORD })
          .catch(() => {});
    },
  ],
  [
    'passwords',
    'changing a password',
    async () => {
      const ctx = await user();
      return () => caller(ctx.user).account.changePassword({ current: PASSWORD, password: OTHER });
    },
  ],
  [
    'member-sign-in',
    'a password given by the operator',
    async () => {
      const team = await makeTeam();
      const made = await createMember(team.operator, { role: 'member', password: OTHER });
      return () => givePassword(team.operator, { memberId: made.member.id });
    },
  ],
  [
    'member-sign-in',
    'resetting the password of a member with an Idempotency-Key',
    async () => {
      const team = await makeTeam();
      const { id, mem } = await addMember(team);
      await giveSignIn(id);
      const path = `/members/${mem}/password/reset`;
      return async () => expect((await as(team.ownerKey).post(path, {}, { idempotencyKey: 'k' })).status).toBe(201);
    },
  ],
  [
    'teams',
    'a team made by the operator',
    async () => () => {
      const owner = { name: 'Somebody', email: someAddress(), password: OTHER };
      return createTeam(services(), { name: 'New', currency: 'USD', owner, rates: [] });
    },
  ],
];

describe('hashing a password', () => {
  it.each(WAYS)('happens outside every transaction: %s, %s', async (_, __, prepare) => {
    const work = await prepare();
    Object.assign(seen, { calls: 0, open: 0 });
    await work();
    expect({ open: seen.open, hashed: seen.calls > 0 }).toEqual({ open: 0, hashed: true });
  });

  it('by one file alone, and every file that asks it to stands in the table above', () => {
    const domain = join(import.meta.dirname, '../../../server/domain');
    const files = readdirSync(domain, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const using = (what: string) => files.filter((file) => readFileSync(join(domain, file), 'utf8').includes(what));
    expect(using('@node-rs/argon2')).toEqual(['core/password-hashing.ts']);
    const nouns = new Set(using("from '@/server/domain/core/password-hashing'").map((file) => file.split('/')[1]!));
    expect([...nouns].toSorted()).toEqual([...new Set(WAYS.map(([noun]) => noun))].toSorted());
  });

  it('is skipped for a replayed request', async () => {
    const { ownerKey } = await makeTeam();
    const ask = () => as(ownerKey).post('/members', body, { idempotencyKey: 'once' });
    const first = await ask();
    const { calls } = seen;
    const again = await ask();
    expect([again.text, again.headers.get('idempotent-replayed'), seen.calls]).toEqual([first.text, 'true', calls]);
    const session = await sessionOf(ownerKey);
    const here = await callProcedure(session, 'createMember', body, 'pages');
    const made = seen.calls;
    expect(await callProcedure(session, 'createMember', body, 'pages')).toEqual(here);
    expect(seen.calls).toBe(made);
  });

  it('is skipped for a forged link', async () => {
    const { calls } = seen;
    const given = { token: 'made.up', name: 'Jo', password: OTHER };
    await expect(caller().joining.acceptInvitation(given)).rejects.toThrow();
    await expect(caller().access.resetPassword({ token: 'made.up', password: OTHER })).rejects.toThrow();
    expect(seen.calls).toBe(calls);
  });

  it('is skipped for a member whose password cannot be reset', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const { calls } = seen;
    expect((await as(team.ownerKey).post(`/members/${mem}/password/reset`)).status).toBe(404);
    expect(seen.calls).toBe(calls);
  });

  it('is skipped for an actor without permission', async () => {
    const { ownerKey } = await makeTeam();
    const { body: made } = await as(ownerKey).post('/members', {});
    const { calls } = seen;
    expect((await as(made.secrets.apiKey).post('/members', body, { idempotencyKey: 'x' })).status).toBe(403);
    expect(seen.calls).toBe(calls);
  });
});

/** Returns a promise and the function that resolves it. */
function gate(): { opened: Promise<number>; open: () => void } {
  let open = () => {};
  const opened = new Promise<number>((resolve) => (open = () => resolve(0)));
  return { opened, open };
}

describe('many passwords at once', () => {
  it('are hashed two at a time, while the requests of another team are answered', async () => {
    const [team, other] = [await makeTeam(), await makeTeam()];
    const create = ({ ownerKey }: TestTeam, i: number) =>
      as(ownerKey).post('/members', body, { idempotencyKey: `${i}` });
    // No hashing ends before as many wait as may, and others were answered meanwhile.
    const [end, full] = [gate(), gate()];
    Object.assign(seen, { most: 0, look: () => end.opened });
    const flood = Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const answer = await create(team, i);
        if (answer.status === 429) full.open();
        return answer;
      }),
    );
    await full.opened;
    const others: number[] = [];
    for (let i = 0; i < 10; i += 1) others.push((await as(other.ownerKey).get('/members')).status);
    end.open();
    // The other team is served before all requests of the first are.
    others.push((await create(other, 0)).status);
    const statuses = (await flood).map(({ status }) => status);
    expect(new Set(others)).toEqual(new Set([200, 201]));
    expect(seen.most).toBe(HASHES_AT_ONCE);
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(HASHES_WAITING);
    expect(new Set(statuses)).toEqual(new Set([201, 429]));
  });

  it('take turns by caller, and no caller queues more than its limit', async () => {
    const order: string[] = [];
    const hash = (who: string) => hashPassword(PASSWORD, who).then(() => order.push(who));
    const first = Array.from({ length: HASHES_AT_ONCE + HASHES_WAITING }, () => hash('greedy'));
    await expect(hashPassword(PASSWORD, 'greedy')).rejects.toMatchObject({ code: 'rate_limited' });
    const [late] = [hash(`other ${newUuid7()}`)];
    await Promise.all([...first, late]);
    expect(order.findIndex((who) => who.startsWith('other'))).toBeLessThan(HASHES_AT_ONCE * 3);
  });

  it('cost more of the rate limit than a call without one', async () => {
    const spent: number[] = [];
    const session = await sessionOf((await makeTeam()).ownerKey);
    const { origin } = visitor();
    const context = { services: services(), actor: session, user: null, origin, requestId: newRequestId() };
    const { members } = createCaller({ ...context, idempotencyKey: null, spend: (cost) => void spent.push(cost) });
    await members.createMember({});
    await members.createMember({ generatePassword: true });
    expect(spent).toEqual([0, HASH_COST]);
    const operation = listOperations().find(({ id }) => id === 'createMember')!;
    expect([{}, { password: OTHER }, { generatePassword: true }].map((input) => operation.extraCost(input))).toEqual([
      0,
      HASH_COST,
      HASH_COST,
    ]);
  });
});
