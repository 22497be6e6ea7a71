import { describe, expect, it } from 'vitest';
import { makeCtx, type Ctx } from '@/server/domain/ctx';
import { asTeamId } from '@/server/domain/ids';
import { createInvitation } from '@/server/domain/invitations/write';
import { creditMember, debitMember, fundTeam, reverseTransfer } from '@/server/domain/ledger/write';
import { createMember, deleteMember, revealKey, rotateKey, setRole } from '@/server/domain/members/write';
import type { Personal } from '@/server/domain/person';
import { findSeat } from '@/server/domain/sessions/read';
import { confirmSession } from '@/server/domain/sessions/write';
import { updateSettings } from '@/server/domain/teams/write';
import { services } from '@/server/http/services';
import { addFactor, enter, makePerson, PASSWORD } from './support/people';
import { addMember, ctxOf, micros, ownerPool, someAddress, type TestTeam } from './support/team';

const REQUIRED = { code: 'confirmation_required' };

/** A team with money that asks again, and its owner in a browser in which he proved himself 11 minutes ago. */
async function makeAsking(above: string | null = '5.00') {
  const { email, teamId, slug } = await makePerson();
  const operator = makeCtx(services(), {
    type: 'operator',
    teamId: asTeamId(teamId),
    currency: 'USD',
    name: 'Operator',
    door: 'cli',
  });
  await fundTeam(operator, { amount: micros('100') });
  await ownerPool().query('UPDATE teams SET ask_again = true, ask_again_above = $2 WHERE id = $1', [
    teamId,
    above === null ? null : micros(above),
  ]);
  const person = await enter(email);
  await age(person);
  const seat = await addMember({ operator } as TestTeam, { credit: '50' });
  return { person, slug, operator, teamId, memberId: seat.id };
}

const age = (person: Personal) =>
  ownerPool().query(`UPDATE sessions SET confirmed_at = now() - interval '11 min' WHERE id = $1`, [
    person.person.sessionId,
  ]);

/** What the person may do now, as a context. */
async function inTeam(person: Personal, slug: string): Promise<Ctx> {
  const place = await findSeat(services(), { sessionId: person.person.sessionId, slug, address: null });
  if (!place.ok) throw new Error(place.reason);
  return makeCtx(services(), place.actor);
}

const balanceOf = async (memberId: string) =>
  (await ownerPool().query<{ balance: string }>('SELECT balance FROM ledger_accounts WHERE id = $1', [memberId]))
    .rows[0]!.balance;

const ACTS: [string, (ctx: Ctx, memberId: string) => Promise<unknown>][] = [
  ['a key is revealed', revealKey],
  ['a role changes', (ctx, memberId) => setRole(ctx, { memberId, role: 'owner' })],
  ['a member is deleted', deleteMember],
  ['a key is rotated, which shows the new one', (ctx, memberId) => rotateKey(ctx, { memberId, overlapSeconds: 0 })],
  ['an owner is made', (ctx) => createMember(ctx, { role: 'owner' })],
  ['an owner is invited', (ctx) => createInvitation(ctx, { email: someAddress(), role: 'owner' })],
  ['the team asks no more', (ctx) => updateSettings(ctx, { askAgain: false })],
  ['more may be debited without it', (ctx) => updateSettings(ctx, { askAgainAbove: null })],
  [
    'more is debited than the team lets pass',
    (ctx, memberId) => debitMember(ctx, { memberId, amount: micros('5.01') }),
  ],
  ['all is debited, which is more', (ctx, memberId) => debitMember(ctx, { memberId, amount: 'all' })],
];

describe('where a team asks again', () => {
  it.each(ACTS)(
    'a person is asked before %s, and nothing has happened; once he has proved himself it goes on',
    async (_, act) => {
      const { person, slug, memberId, teamId } = await makeAsking();
      const rows = async () =>
        (await ownerPool().query('SELECT count(*)::int AS n FROM audit_events WHERE team_id = $1', [teamId])).rows[0].n;
      const before = [await balanceOf(memberId), await rows()];
      await expect(act(await inTeam(person, slug), memberId)).rejects.toMatchObject(REQUIRED);
      expect([await balanceOf(memberId), await rows()]).toEqual(before);
      await expect(confirmSession(person, { password: 'wrong' })).rejects.toMatchObject({ code: 'invalid_request' });
      await expect(act(await inTeam(person, slug), memberId)).rejects.toMatchObject(REQUIRED);
      await confirmSession(person, { password: PASSWORD });
      await act(await inTeam(person, slug), memberId);
      expect(await rows()).toBeGreaterThan(before[1]);
    },
  );

  it('a credit is taken back by a debit, which is asked for too', async () => {
    const { person, slug, memberId } = await makeAsking();
    const { transfer } = await creditMember(await inTeam(person, slug), { memberId, amount: micros('6') });
    const back = reverseTransfer(await inTeam(person, slug), { transferId: transfer.id! });
    await expect(back).rejects.toMatchObject(REQUIRED);
  });

  it('nothing else is asked: a credit, a small debit, a dry run; no debit at all where no amount is set', async () => {
    const { person, slug, memberId } = await makeAsking();
    const ctx = await inTeam(person, slug);
    await creditMember(ctx, { memberId, amount: micros('20') });
    await createMember(ctx, { role: 'member' });
    await createInvitation(ctx, { email: someAddress() });
    await updateSettings(ctx, { memberLowBalance: micros('1') });
    await debitMember(ctx, { memberId, amount: micros('5') });
    await debitMember(ctx, { memberId, amount: micros('20'), dryRun: true });
    const other = await makeAsking(null);
    await debitMember(await inTeam(other.person, other.slug), { memberId: other.memberId, amount: micros('40') });
  });

  it('a key and the operator are never asked', async () => {
    const { operator, teamId, memberId } = await makeAsking('0.00');
    const owner = (
      await ownerPool().query<{ id: string }>(`SELECT id FROM members WHERE team_id = $1 AND role = 'owner'`, [teamId])
    ).rows[0]!.id;
    const { secrets } = await rotateKey(operator, { memberId: owner, overlapSeconds: 0 });
    const byKey = await ctxOf(secrets.apiKey);
    await revealKey(byKey, memberId);
    await debitMember(byKey, { memberId, amount: micros('10') });
    await setRole(operator, { memberId, role: 'owner' });
  });

  it('a code of the app proves it as well, once, and one of another does not', async () => {
    const { person, slug, memberId } = await makeAsking();
    const { codeAt } = await addFactor(person);
    await expect(confirmSession(person, { code: '000000' })).rejects.toMatchObject({ code: 'invalid_request' });
    await confirmSession(person, { code: codeAt(0) });
    await revealKey(await inTeam(person, slug), memberId);
    await expect(confirmSession(person, { code: codeAt(0) })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('another browser of the same person has proved nothing by it', async () => {
    const { person, slug, memberId } = await makeAsking();
    const other = await enter(person.person.email);
    await age(other);
    await confirmSession(person, { password: PASSWORD });
    await expect(revealKey(await inTeam(other, slug), memberId)).rejects.toMatchObject(REQUIRED);
  });

  it('of those who do not ask, nobody is', async () => {
    const { person, slug, memberId, teamId } = await makeAsking();
    await ownerPool().query('UPDATE teams SET ask_again = false WHERE id = $1', [teamId]);
    await revealKey(await inTeam(person, slug), memberId);
  });
});
