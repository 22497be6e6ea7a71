import { describe, expect, it } from 'vitest';
import { newRequestId, newUuid7 } from '@/server/domain/core/ids';
import { linkToken } from '@/server/domain/identity/email-links/rules';
import type { SignedInUser } from '@/server/domain/core/user-context';
import { services } from '@/server/http/services';
import { type Problem, ProblemError } from '@/server/trpc/problem';
import { createCaller } from '@/server/trpc/router';
import { HERE, listVisitorProcedures } from '../support/procedures';
import { signInAs, visitor, makeOwnerWithPassword, newAddress } from '../support/visitors';
import { ownerPool } from '../support/team';

type Answer = { data: unknown; code: null } | { data: null; code: Problem['code'] };

/** Calls a procedure by its name, from a network of its own. */
async function ask(id: string, input: unknown, user: SignedInUser | null = null, open = true): Promise<Answer> {
  const ways = open ? { mail: 'mailbox' as const, signUp: 'open' as const } : {};
  const { access } = createCaller({
    services: { ...services(), ...ways },
    actor: null,
    user,
    origin: { ...HERE, address: newAddress() },
    requestId: newRequestId(),
    idempotencyKey: null,
  });
  try {
    const procedure = (access as unknown as Record<string, (input: unknown) => Promise<unknown>>)[id]!;
    return { data: await procedure(input), code: null };
  } catch (error) {
    if (error instanceof ProblemError) return { data: null, code: error.problem.code };
    throw error;
  }
}

const PASSWORD = 'another horse, another battery';
const TEAM = { team: 'A Team', currency: 'USD', name: 'Somebody', password: PASSWORD };
const MADE_UP = `${'0'.repeat(32)}.${'x'.repeat(43)}`;

/** The answers to a visitor without a link; `closed` where they differ while sign-up is closed. */
const STRANGER: Record<string, { input?: unknown; open: unknown; closed?: unknown }> = {
  getWays: {
    open: { mail: true, signUp: true, setup: false },
    closed: { mail: false, signUp: false, setup: false },
  },
  requestPasswordReset: { input: { email: 'nobody@example.test' }, open: { done: true } },
  getResetLink: { input: { token: MADE_UP }, open: { email: null } },
  resetPassword: { input: { token: MADE_UP, password: PASSWORD }, open: 'not_found' },
  requestSignUp: { input: { email: `${newUuid7()}@example.test` }, open: { done: true }, closed: 'not_found' },
  getSignUpLink: { input: { token: MADE_UP }, open: { email: null, name: null }, closed: 'not_found' },
  signUp: { input: { token: MADE_UP, ...TEAM }, open: 'not_found' },
  setUp: { input: { code: 'x', email: 'a@example.test', ...TEAM }, open: 'not_found' },
};

describe('the procedures for visitors', () => {
  it('are these, and no others', () => {
    const names = listVisitorProcedures('access').map(({ id }) => id);
    expect(names.toSorted()).toEqual(Object.keys(STRANGER).toSorted());
  });

  it.each(Object.entries(STRANGER))('give a visitor nothing, signed in or not: %s', async (id, row) => {
    const here = await signInAs((await makeOwnerWithPassword()).email);
    for (const user of [null, here.user]) {
      const [open, closed] = [await ask(id, row.input, user), await ask(id, row.input, user, false)];
      expect(open.code ?? open.data).toEqual(row.open);
      expect(closed.code ?? closed.data).toEqual(row.closed ?? row.open);
    }
  });

  it.each(Object.entries(STRANGER).filter(([, { input }]) => input))(
    'take no additional field: %s',
    async (id, { input }) => {
      expect((await ask(id, { ...(input as object), more: 1 })).code).toBe('invalid_request');
      expect((await ask(id, {})).code).toBe('invalid_request');
    },
  );

  it('answer alike for a link of another kind, a used one and an expired one', async () => {
    const { email } = await makeOwnerWithPassword();
    const make = async (kind: string, used: boolean, hours: number) => {
      const id = newUuid7();
      await ownerPool().query(
        `INSERT INTO mailed_links (id, kind, email, expires_at, used_at)
         VALUES ($1, $2, $3, now() + make_interval(hours => $4), CASE WHEN $5 THEN now() END)`,
        [id, kind, email, hours, used],
      );
      return linkToken(visitor().vault, id);
    };
    const dead = [await make('sign-up', false, 1), await make('reset', true, 1), await make('reset', false, -1)];
    for (const token of [...dead, MADE_UP, '', 'x']) {
      expect(await ask('getResetLink', { token })).toEqual({ data: { email: null }, code: null });
      expect(await ask('resetPassword', { token, password: PASSWORD })).toEqual({ data: null, code: 'not_found' });
    }
    const good = await make('reset', false, 1);
    expect(await ask('getResetLink', { token: good })).toEqual({ data: { email }, code: null });
    expect((await ask('resetPassword', { token: good, password: 'password1234' })).code).toBe('invalid_request');
    expect(await ask('resetPassword', { token: good, password: PASSWORD })).toEqual({ data: { email }, code: null });
  });
});
