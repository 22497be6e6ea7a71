import { describe, expect, it } from 'vitest';
import type { Services } from '@/server/domain/core/context';
import { printId } from '@/server/domain/core/ids';
import type { Route } from '@/server/domain/core/routes';
import { listDownCarriers } from '@/server/domain/messaging/carriers/read';
import { recordCarrierHealth } from '@/server/domain/messaging/carriers/write';
import { getMessage } from '@/server/domain/messaging/messages/read';
import type { Message } from '@/server/domain/messaging/messages/schema';
import { adoptQueued, takeReports } from '@/server/domain/messaging/hand-over/write';
import { sendMessage } from '@/server/domain/messaging/messages/write';
import { services } from '@/server/http/services';
import { watchCarriers } from '@/server/jobs/carriers';
import { dispatch, dispatchBatch, expireMessages } from '@/server/jobs/dispatch';
import type { Carrier, DeliveryReport, Submitted } from '@/server/outbound/carriers/carrier';
import { dispatchTo, stubCarrier } from '../../support/carriers';
import { addMember, ctxOf, makeTeam, ownerPool, type TestTeam } from '../../support/team';

const FIRST_THEN_SECOND: Route[] = [{ carrier: 'first' }, { carrier: 'second' }];

const HOUR_MS = 3_600_000;

const withRoutes = (routes: Route[]): Services => ({ ...services(), routes });

/** Accepts a message of the team's owner under some routes. */
async function accept(team: TestTeam, routes: Route[], to = '+14155550100'): Promise<Message> {
  const ctx = { ...(await ctxOf(team.ownerKey)), routes };
  return (await sendMessage(ctx, { onBehalfOf: null, message: { to, from: 'Acme', body: 'Hello' } })) as Message;
}

const read = async (team: TestTeam, { id }: Message) => getMessage(await ctxOf(team.ownerKey), id);

const refundsOf = async (team: TestTeam, { id }: Message): Promise<number> =>
  (
    await ownerPool().query("SELECT 1 FROM transfers WHERE team_id = $1 AND message_id = $2 AND kind = 'refund'", [
      team.teamId,
      id,
    ])
  ).rowCount ?? 0;

/** Ends the waits of a team's messages, as time would. */
const endWaits = (team: TestTeam) =>
  ownerPool().query("UPDATE messages SET claimed_until = now() - interval '1 second' WHERE team_id = $1", [
    team.teamId,
  ]);

const answers = (name: string, answer: (id: string) => Submitted): Carrier =>
  stubCarrier(name, (batch) => batch.map(({ id }) => answer(id)));

const refuses = (name: string) =>
  answers(name, (id) => ({ id, outcome: 'refused', code: '21610', detail: 'Unsubscribed.' }));
const delays = (name: string, retryAfterMs?: number) =>
  answers(name, (id) => ({
    id,
    outcome: 'delayed',
    detail: 'Busy.',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }));
const isSilent = (name: string) => answers(name, (id) => ({ id, outcome: 'unknown', detail: 'No answer.' }));

const waitOf = async (team: TestTeam): Promise<number> =>
  Number(
    (
      await ownerPool().query<{ wait: string }>(
        'SELECT extract(epoch FROM claimed_until - now()) AS wait FROM messages WHERE team_id = $1',
        [team.teamId],
      )
    ).rows[0]!.wait,
  );

describe('a message with several routes', () => {
  it('goes to the first route that takes it', async () => {
    const team = await makeTeam();
    const routes = [
      { carrier: 'first', countries: ['FR'] },
      { carrier: 'second', prefixes: ['+1415'] },
      { carrier: 'first' },
    ];
    const message = await accept(team, routes);
    expect(await dispatchTo(withRoutes(routes), stubCarrier('first'), team.teamId)).toBe(0);
    expect(await dispatchTo(withRoutes(routes), stubCarrier('second'), team.teamId)).toBe(1);
    expect((await read(team, message)).events.at(-1)).toMatchObject({ status: 'sent', carrier: 'second' });
  });

  it('is tried by the next route after a definite refusal, and fails with the last one, refunded once', async () => {
    const team = await makeTeam();
    const message = await accept(team, FIRST_THEN_SECOND);
    await dispatchTo(withRoutes(FIRST_THEN_SECOND), refuses('first'), team.teamId);
    expect((await read(team, message)).status).toBe('queued');
    expect(await refundsOf(team, message)).toBe(0);
    await dispatchTo(withRoutes(FIRST_THEN_SECOND), refuses('second'), team.teamId);
    const { status, error, events } = await read(team, message);
    expect([status, error]).toEqual(['failed', { code: '21610', detail: 'Unsubscribed.' }]);
    expect(events.map((event) => [event.status, event.carrier, event.code])).toEqual([
      ['queued', null, null],
      ['queued', 'first', '21610'],
      ['failed', null, '21610'],
    ]);
    expect(await refundsOf(team, message)).toBe(1);
  });

  it.each([
    ['an unknown outcome', isSilent],
    ['a delay', delays],
  ] as const)('stays with its carrier after %s, with the same reference', async (_, carrierOf) => {
    const team = await makeTeam();
    const message = await accept(team, FIRST_THEN_SECOND);
    await dispatchTo(withRoutes(FIRST_THEN_SECOND), carrierOf('first'), team.teamId);
    await endWaits(team);
    expect(await dispatchTo(withRoutes(FIRST_THEN_SECOND), stubCarrier('second'), team.teamId)).toBe(0);
    const names: string[] = [];
    const takes = stubCarrier('first', (batch) =>
      batch.map(({ id }): Submitted => {
        names.push(id);
        return { id, outcome: 'accepted', refs: [] };
      }),
    );
    expect(await dispatchTo(withRoutes(FIRST_THEN_SECOND), takes, team.teamId)).toBe(1);
    expect(names).toEqual([`${team.teamId}.${message.id}`]);
    expect((await read(team, message)).status).toBe('sent');
  });

  it('is shown to its carrier with the end of its validity', async () => {
    const team = await makeTeam();
    const message = await accept(team, [{ carrier: 'only' }]);
    const seen: (Date | null | undefined)[] = [];
    const carrier = stubCarrier('only', (batch) =>
      batch.map(({ id, validUntil }): Submitted => {
        seen.push(validUntil);
        return { id, outcome: 'accepted', refs: [] };
      }),
    );
    await dispatchTo(withRoutes([{ carrier: 'only' }]), carrier, team.teamId);
    expect(Math.abs(seen[0]!.getTime() - message.createdAt.getTime() - HOUR_MS)).toBeLessThan(1_000);
    expect((await read(team, message)).events.at(-1)).toMatchObject({ status: 'sent', carrierRef: null });
  });

  it('shows members the history without carriers', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '1.00' });
    const ctx = { ...(await ctxOf(member.key)), routes: FIRST_THEN_SECOND };
    const message = (await sendMessage(ctx, {
      onBehalfOf: null,
      message: { to: '+14155550100', from: 'Acme', body: 'Hello' },
    })) as Message;
    await dispatchTo(withRoutes(FIRST_THEN_SECOND), refuses('first'), team.teamId);
    await dispatchTo(withRoutes(FIRST_THEN_SECOND), stubCarrier('second'), team.teamId);
    const { events } = await getMessage(ctx, message.id);
    expect(events.map(({ status, carrier, carrierRef }) => [status, carrier, carrierRef])).toEqual([
      ['queued', null, null],
      ['sent', null, null],
    ]);
    expect((await read(team, message)).events).toHaveLength(3);
  });
});

describe('a message that its carrier has not taken', () => {
  it('waits twice as long after each attempt, or as long as the carrier says', async () => {
    const team = await makeTeam();
    await accept(team, [{ carrier: 'only' }]);
    const waits: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      await endWaits(team);
      await dispatchTo(withRoutes([{ carrier: 'only' }]), isSilent('only'), team.teamId);
      waits.push(Math.round(await waitOf(team)));
    }
    expect(waits).toEqual([2, 4, 8, 16]);
    await endWaits(team);
    await dispatchTo(withRoutes([{ carrier: 'only' }]), delays('only', 90_000), team.teamId);
    expect(Math.round(await waitOf(team))).toBe(90);
  });

  it('keeps its last twenty attempts', async () => {
    const team = await makeTeam();
    const message = await accept(team, [{ carrier: 'only' }]);
    for (let i = 0; i < 25; i += 1) {
      await endWaits(team);
      const busy = answers('only', (id) => ({ id, outcome: 'delayed', detail: `Busy ${i}.` }));
      await dispatchTo(withRoutes([{ carrier: 'only' }]), busy, team.teamId);
    }
    const { events } = await read(team, message);
    expect([events.length, events[1]?.detail, events.at(-1)?.detail]).toEqual([21, 'Busy 5.', 'Busy 24.']);
  });

  it('expires after its validity and is refunded', async () => {
    const team = await makeTeam();
    const message = await accept(team, [{ carrier: 'only' }]);
    await ownerPool().query(
      `UPDATE messages SET id = uuid7(now() - interval '3 hours'), created_at = now() - interval '3 hours' WHERE team_id = $1`,
      [team.teamId],
    );
    const { rows } = await ownerPool().query<{ id: string }>('SELECT id FROM messages WHERE team_id = $1', [
      team.teamId,
    ]);
    await expireMessages(services(), 2);
    const expired = await read(team, { ...message, id: rows[0]!.id });
    expect([expired.status, expired.error?.code, expired.cost]).toEqual(['failed', 'expired', 0n]);
  });

  it('goes to the last route while the product runs, if nobody serves its carrier', async () => {
    const team = await makeTeam();
    const known = ['sandbox', 'first', 'second', 'only', 'parts', 'paced', 'broken', 'healthy'];
    const stop = new AbortController();
    const watching = watchCarriers(
      services(),
      known.map((name) => stubCarrier(name)),
      stop.signal,
    );
    const carrierNow = async () =>
      (await ownerPool().query('SELECT carrier FROM messages WHERE team_id = $1', [team.teamId])).rows[0]?.carrier;
    await accept(team, [{ carrier: 'sandbox' }]);
    // A process of an older version names no carrier.
    await ownerPool().query('UPDATE messages SET carrier = NULL WHERE team_id = $1', [team.teamId]);
    await expect.poll(carrierNow, { timeout: 30_000 }).toBe('sandbox');
    stop.abort();
    await watching;
  });

  it('goes to another carrier when its own is removed', async () => {
    const team = await makeTeam();
    await accept(team, [{ carrier: 'removed' }]);
    expect(await adoptQueued(services(), ['sandbox', 'first', 'second', 'only', 'parts'], 'sandbox')).toBeGreaterThan(
      0,
    );
    expect(await dispatchTo(services(), stubCarrier('sandbox'), team.teamId)).toBe(1);
  });
});

describe('a carrier that is down', () => {
  const isDown = (carrier: Carrier): Carrier => ({
    ...carrier,
    health: () => ({ connected: false, detail: 'Refused.' }),
  });

  it('is shown ten messages of a queue, and keeps the others for itself while nobody else takes them', async () => {
    const team = await makeTeam();
    for (let i = 0; i < 12; i += 1) await accept(team, [{ carrier: 'only' }]);
    const shown: number[] = [];
    const down = isDown(
      stubCarrier('only', (batch) => {
        shown.push(batch.length);
        return batch.map(({ id }) => ({ id, outcome: 'delayed', detail: 'Refused.' }));
      }),
    );
    expect(await dispatchTo(withRoutes([{ carrier: 'only' }]), down, team.teamId)).toBe(10);
    expect(shown).toEqual([10]);
    expect(await dispatchTo(withRoutes([{ carrier: 'only' }]), stubCarrier('only'), team.teamId)).toBe(2);
  });

  it('loses its messages to the next route after a while, but none that it may have', async () => {
    const team = await makeTeam();
    const services = withRoutes(FIRST_THEN_SECOND);
    const open = await accept(team, FIRST_THEN_SECOND);
    await dispatchTo(services, isSilent('first'), team.teamId);
    const waiting = await accept(team, FIRST_THEN_SECOND);
    await endWaits(team);
    const line = { carrier: isDown(delays('first')), isDown: true, others: new Set(['second']), validityMs: HOUR_MS };
    expect(await dispatchBatch(services, line, team.teamId)).toBe(2);
    expect(await dispatchTo(services, stubCarrier('second'), team.teamId)).toBe(1);
    expect([(await read(team, waiting)).status, (await read(team, open)).status]).toEqual(['sent', 'queued']);
  });

  it('delays its own messages alone', async () => {
    const team = await makeTeam();
    const routes = [{ carrier: 'broken', countries: ['US'] }, { carrier: 'healthy' }];
    const services = withRoutes(routes);
    const stop = new AbortController();
    const carriers = [isDown(delays('broken')), stubCarrier('healthy')];
    const loops = carriers.map((carrier) =>
      dispatch(services, { carrier, carriers, validityMs: HOUR_MS }, stop.signal),
    );
    const [held, sent] = [await accept(team, routes), await accept(team, routes, '+442071838750')];
    await expect.poll(async () => (await read(team, sent)).status).toBe('sent');
    expect((await read(team, held)).status).toBe('queued');
    stop.abort();
    await Promise.all(loops);
  });

  it('is shown to owners with their waiting messages, unless a worker is connected to it', async () => {
    const team = await makeTeam();
    const name = `shown-${team.teamId}`;
    await accept(team, [{ carrier: name }]);
    const ctx = await ctxOf(team.ownerKey);
    const down = { name, connected: false, detail: 'Refused.' };
    await recordCarrierHealth(services(), 'one', [down]);
    const [first, ...more] = await listDownCarriers(ctx);
    expect([first, more]).toMatchObject([{ name, detail: 'Refused.', waiting: 1 }, []]);
    await recordCarrierHealth(services(), 'one', [down]);
    expect((await listDownCarriers(ctx))[0]?.since).toEqual(first?.since);
    await recordCarrierHealth(services(), 'two', [{ ...down, connected: true }]);
    expect(await listDownCarriers(ctx)).toEqual([]);
    await ownerPool().query(
      "UPDATE carrier_health SET checked_at = now() - interval '2 minutes' WHERE worker_id = 'two'",
    );
    expect(await listDownCarriers(ctx)).toHaveLength(1);
    expect(await listDownCarriers(await ctxOf((await makeTeam()).ownerKey))).toEqual([]);
    const { key } = await addMember(team);
    await expect(listDownCarriers(await ctxOf(key))).rejects.toThrow('owner_required');
  });

  it('gets no more a second than its route allows', async () => {
    const team = await makeTeam();
    const routes = [{ carrier: 'paced', maxPerSecond: 20 }];
    for (let i = 0; i < 15; i += 1) await accept(team, routes);
    const times: number[] = [];
    const carrier = stubCarrier('paced', (batch) => {
      times.push(...batch.map(() => performance.now()));
      return batch.map(({ id }) => ({ id, outcome: 'accepted', refs: [] }));
    });
    for (let i = 0; i < 15; i += 1) await accept(team, routes);
    const stop = new AbortController();
    const loop = dispatch(withRoutes(routes), { carrier, carriers: [carrier], validityMs: HOUR_MS }, stop.signal);
    await expect.poll(() => times.length, { timeout: 10_000 }).toBe(30);
    stop.abort();
    await loop;
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(900);
  });
});

describe('reports that name the carrier’s own ids', () => {
  let last = 0;
  const routes = [{ carrier: 'parts' }];
  const byRef = (ref: string, status: DeliveryReport['status'], code: string | null = null): DeliveryReport => ({
    message: { ref },
    status,
    code,
    detail: code && `Code ${code}.`,
    at: null,
  });
  const report = (...reports: DeliveryReport[]) => takeReports(services(), 'parts', reports);

  /** Hands a message over in two parts; `before` runs while the carrier has it and we don't know its ids. */
  async function handOver(before: (refs: string[]) => Promise<void> = () => Promise.resolve()) {
    const team = await makeTeam();
    const message = await accept(team, routes);
    last += 1;
    const refs = [`${team.teamId}-${last}-a`, `${team.teamId}-${last}-b`];
    const carrier: Carrier = {
      ...stubCarrier('parts'),
      reportsByRef: true,
      submit: async (batch) => {
        await before(refs);
        return batch.map(({ id }) => ({ id, outcome: 'accepted', refs }));
      },
    };
    await dispatchTo(withRoutes(routes), carrier, team.teamId);
    return { team, message, refs };
  }

  it('deliver a message when all of its parts are, in any order and twice', async () => {
    const { team, message, refs } = await handOver();
    await report(byRef(refs[1]!, 'buffered'), byRef(refs[1]!, 'delivered'));
    expect((await read(team, message)).status).toBe('sent');
    await report(byRef(refs[1]!, 'delivered'), byRef(refs[0]!, 'delivered'));
    expect((await read(team, message)).status).toBe('delivered');
    await report(byRef(refs[0]!, 'failed', '8'));
    expect((await read(team, message)).status).toBe('delivered');
    expect(await refundsOf(team, message)).toBe(0);
  });

  it('deliver it once, when the reports on both parts come at the same time', async () => {
    for (let i = 0; i < 10; i += 1) {
      const { team, message, refs } = await handOver();
      await Promise.all(refs.map((ref) => report(byRef(ref, 'delivered'))));
      expect((await read(team, message)).status).toBe('delivered');
    }
  });

  it('fail it as soon as one part has failed, and refund it once', async () => {
    const { team, message, refs } = await handOver();
    await report(byRef(refs[0]!, 'failed', '8'));
    await Promise.all([report(byRef(refs[0]!, 'failed', '8')), report(byRef(refs[1]!, 'failed', '9'))]);
    const { status, error } = await read(team, message);
    expect([status, error]).toEqual(['failed', { code: '8', detail: 'Code 8.' }]);
    expect(await refundsOf(team, message)).toBe(1);
  });

  it('count when they come before the answer to the submit', async () => {
    const early = await handOver((refs) => report(...refs.map((ref) => byRef(ref, 'delivered'))));
    expect((await read(early.team, early.message)).status).toBe('delivered');
    const half = await handOver((refs) => report(byRef(refs[0]!, 'delivered')));
    expect((await read(half.team, half.message)).status).toBe('sent');
    await report(byRef(half.refs[1]!, 'delivered'));
    expect((await read(half.team, half.message)).status).toBe('delivered');
  });

  it('deliver a message whose parts are reported by their number', async () => {
    const team = await makeTeam();
    const message = await accept(team, routes);
    const carrier = answers('parts', (id) => ({ id, outcome: 'accepted', refs: [], parts: 2 }));
    await dispatchTo(withRoutes(routes), carrier, team.teamId);
    const part = (number: number): DeliveryReport => ({
      ...byRef('', 'delivered'),
      message: { id: `${team.teamId}.${message.id}` },
      part: number,
    });
    await report(part(2));
    expect((await read(team, message)).status).toBe('sent');
    await report(part(2), part(1));
    expect((await read(team, message)).status).toBe('delivered');
  });

  it('change nothing for an id that nobody gave', async () => {
    await report(byRef('nobody', 'delivered'), byRef('nobody', 'failed', '1'));
    const { rows } = await ownerPool().query("SELECT status, message_id FROM carrier_refs WHERE ref = 'nobody'");
    expect(rows).toEqual([{ status: 'delivered', message_id: null }]);
  });

  it('change nothing in a reference that is not ours', async () => {
    const team = await makeTeam();
    const message = await accept(team, routes);
    const named = (id: string): DeliveryReport => ({ ...byRef('', 'failed', '1'), message: { id } });
    await report(named('nonsense'), named(`${team.teamId}.nonsense`), named(printId('msg', message.id)));
    expect((await read(team, message)).status).toBe('queued');
  });
});
