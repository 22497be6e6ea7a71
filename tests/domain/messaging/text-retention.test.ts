import { parse } from 'csv-parse/sync';
import type { JobHelpers } from 'graphile-worker';
import { describe, expect, it } from 'vitest';
import { makeContext } from '@/server/domain/core/context';
import { Refusal } from '@/server/domain/core/errors';
import { printId } from '@/server/domain/core/ids';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { removeOldTexts, reportMessages, sendMessage } from '@/server/domain/messaging/messages/write';
import { verifyReports } from '@/server/domain/messaging/usage/read';
import { services } from '@/server/http/services';
import { CRONTAB, makeTasks } from '@/server/jobs/tasks';
import { expectProblem, useApi } from '../../support/api-client';
import { addMember, makeTeam, ownerPool, type TestTeam } from '../../support/team';

const as = useApi();
const DAY_MS = 86_400_000;

/** Sends a message that many days ago and returns its id. */
async function send(
  team: TestTeam,
  memberId: string,
  daysAgo: number,
  status: 'delivered' | 'failed' | null,
): Promise<string> {
  const at = new Date(Date.now() - daysAgo * DAY_MS);
  const message = { to: '+14155550100', from: 'Acme', body: `Sent ${daysAgo} days ago`, reference: `ago-${daysAgo}` };
  const sent = await sendMessage(makeContext(services(), team.operator.actor, { at }), {
    onBehalfOf: memberId,
    message,
  });
  if (sent instanceof Refusal) throw new Error(sent.code);
  if (status) await reportMessages(team.operator, [{ id: sent.id, status }]);
  return printId('msg', sent.id);
}

const keep = (team: TestTeam, textRetentionDays: number | null) =>
  as(team.ownerKey).patch('/team/settings', { textRetentionDays });

const bodiesOf = async (team: TestTeam): Promise<string[]> =>
  (await as(team.ownerKey).get('/messages?limit=100')).body.data.map(({ body }: { body: string }) => body);

describe('the texts of messages', () => {
  it('are removed after the given number of days, and all else is unchanged', async () => {
    const team = await makeTeam();
    const { id } = await addMember(team, { credit: '5' });
    for (const [days, status] of [
      [40, 'delivered'],
      [31, 'failed'],
      [29, 'delivered'],
      [0, 'delivered'],
    ] as const)
      await send(team, id, days, status);
    const log = async () =>
      (
        await ownerPool().query(`SELECT to_jsonb(m) - 'body' AS row FROM messages m WHERE team_id = $1 ORDER BY id`, [
          team.teamId,
        ])
      ).rows;
    const before = await log();
    await keep(team, 30);
    expect(await removeOldTexts(team.operator)).toBe(2);
    expect(await bodiesOf(team)).toEqual(['Sent 0 days ago', 'Sent 29 days ago', '', '']);
    expect(await log()).toEqual(before);
    expect(await removeOldTexts(team.operator)).toBe(0);
    expect(await verifyLedger(services().database.db)).toMatchObject({ ok: true });
    expect((await verifyReports(services().database.db)).problems).toEqual([]);
    const [old] = (await as(team.ownerKey).get('/messages?reference=ago-40')).body.data;
    expect(old).toMatchObject({ body: '', segments: 1, status: 'delivered', cost: '0.01' });
    expect((await as(team.ownerKey).get(`/messages/${old.id}`)).body.body).toBe('');
    const csv = await as(team.ownerKey).get('/messages.csv?reference=ago-40');
    expect(parse(csv.text, { columns: true })).toMatchObject([{ id: old.id, body: '' }]);
  });

  it('stay without such a setting, and in another team', async () => {
    const [team, other] = [await makeTeam(), await makeTeam()];
    await send(team, team.ownerId, 100, 'delivered');
    await send(other, other.ownerId, 100, 'delivered');
    await keep(team, 30);
    expect(await removeOldTexts(other.operator)).toBe(0);
    expect(await removeOldTexts(team.operator)).toBe(1);
    expect(await bodiesOf(other)).toEqual(['Sent 100 days ago']);
    await keep(other, null);
    expect(await removeOldTexts(other.operator)).toBe(0);
  });

  it('stay while a message is in progress, and are removed once it has ended, even after later ones', async () => {
    const team = await makeTeam();
    const waiting = await send(team, team.ownerId, 50, null);
    await send(team, team.ownerId, 45, 'delivered');
    await keep(team, 30);
    expect(await removeOldTexts(team.operator)).toBe(1);
    expect(await bodiesOf(team)).toEqual(['', 'Sent 50 days ago']);
    const { rows } = await ownerPool().query<{ id: string }>(
      "SELECT id FROM messages WHERE team_id = $1 AND status = 'queued'",
      [team.teamId],
    );
    await reportMessages(team.operator, [{ id: rows[0]!.id, status: 'delivered' }]);
    expect(await removeOldTexts(team.operator)).toBe(1);
    expect((await as(team.ownerKey).get(`/messages/${waiting}`)).body.body).toBe('');
  });

  it('are removed when the period is shortened, and none returns when it is extended', async () => {
    const team = await makeTeam();
    for (const days of [60, 20, 5]) await send(team, team.ownerId, days, 'delivered');
    await keep(team, 30);
    await removeOldTexts(team.operator);
    await keep(team, 10);
    expect(await removeOldTexts(team.operator)).toBe(1);
    await keep(team, 3650);
    expect(await removeOldTexts(team.operator)).toBe(0);
    await keep(team, 4);
    expect(await removeOldTexts(team.operator)).toBe(1);
    expect(await bodiesOf(team)).toEqual(['', '', '']);
  });

  it('are removed from stored answers too: their keys stay and move nothing again', async () => {
    const team = await makeTeam();
    const message = { to: '+14155550100', from: 'Acme', body: 'Kept in an answer' };
    const send = () => as(team.ownerKey).post('/messages', message, { idempotencyKey: 'old' });
    const first = (await send()).body;
    await ownerPool().query("UPDATE idempotency_keys SET created_at = now() - interval '8 days' WHERE team_id = $1", [
      team.teamId,
    ]);
    await keep(team, 7);
    await removeOldTexts(team.operator);
    expect(expectProblem(await send(), 'idempotency_expired').createdId).toBe(first.id);
  });

  it('are removed each night, in every team with the setting', async () => {
    const team = await makeTeam();
    await send(team, team.ownerId, 40, 'delivered');
    await keep(team, 30);
    const tasks = makeTasks(services(), ownerPool(), { messageValidityHours: 72, logRetentionMonths: 0 });
    await tasks['remove-old-texts']!({}, {} as JobHelpers);
    expect(await bodiesOf(team)).toEqual(['']);
    expect(CRONTAB).toMatch(/^0 3 \* \* \* remove-old-texts/m);
  });

  it('cost only for new texts: removed ones are not scanned again', async () => {
    const team = await makeTeam();
    const { id } = await addMember(team, { credit: '5' });
    await keep(team, 30);
    for (const days of [60, 59, 58]) await send(team, id, days, 'delivered');
    await removeOldTexts(team.operator);
    const { rows } = await ownerPool().query<{ left: string }>(
      `SELECT count(*) AS left FROM messages m JOIN teams t ON t.id = m.team_id
       WHERE m.team_id = $1 AND m.id >= t.texts_removed_to AND m.id < uuid7_floor(now() - interval '30 days')`,
      [team.teamId],
    );
    expect(Number(rows[0]!.left)).toBe(0);
  });
});
