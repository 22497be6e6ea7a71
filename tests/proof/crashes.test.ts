import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { isUnavailable } from '@/db/faults';
import { flushChanges } from '@/server/domain/core/change-feed';
import { makeContext, type Context, type Services } from '@/server/domain/core/context';
import { Refusal } from '@/server/domain/core/errors';
import { withIdempotency, type Answered } from '@/server/domain/core/idempotency';
import { endKey } from '@/server/domain/teams/api-keys/write';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import {
  creditMember,
  debitMember,
  fundTeam,
  reverseTransfer,
  withdrawFromTeam,
} from '@/server/domain/billing/ledger/write';
import { DUMMY_HASH } from '@/server/domain/identity/sessions/rules';
import {
  activateMember,
  createMember,
  deactivateMember,
  deleteMember,
  restoreMember,
  revealKey,
  rotateKey,
  setRole,
  updateMember,
} from '@/server/domain/teams/members/write';
import { reportMessages, sendBatch, sendMessage } from '@/server/domain/messaging/messages/write';
import { replaceRates } from '@/server/domain/billing/rates/write';
import { rechargeInput } from '@/server/domain/billing/auto-recharge/schema';
import { deleteRecharge, serveWaiting, setRecharge } from '@/server/domain/billing/auto-recharge/write';
import { createTeam, updateSettings, updateTeam } from '@/server/domain/teams/teams/write';
import { services } from '@/server/http/services';
import { rowsOf } from '../support/api-client';
import { addMember, ctxOf, makeTeam, micros, ownerPool, type TestMember, type TestTeam } from '../support/team';
import { beginProof, drawShare, PROOF_TIMEOUT_MS, SIZE } from './size';
import { failed, outcomeOf, through } from './support';
import { isCommit, openWire, type How, type Strike, type Wire } from './wire';

// Hashing is slow on purpose and comes before any transaction; here hundreds of teams are made.
vi.mock('@node-rs/argon2', () => ({ hash: () => Promise.resolve('$argon2id$none') }));

const LANES = 3;

/** A team and a member for one proof, on which nothing else is at work. `mark` is in every name that it gives. */
type Scene = { mark: string; team: TestTeam; membership: TestMember };

type Command = (ctx: Context) => Promise<unknown>;

/**
 * A command that writes. A member's runs in `withIdempotency` with an Idempotency-Key, like a request's. `again` names
 * the effect of repeating the call without a key: none (`same`), all of it once more, or it is not repeated at all.
 */
type Row = {
  as: 'owner' | 'member' | 'operator';
  again?: 'same' | 'anew';
  /** The member's money and rule beforehand. */
  membership?: { credit?: string; recharge?: object };
  fund?: string;
  command: (scene: Scene) => Command | Promise<Command>;
};

const cheap = { to: '+14155550100', from: 'Crash', body: 'Hello' };
const expensive = { to: '+4915112345678', from: 'Crash', body: 'Hello' };
const RATES = 'country,prefix,price\n,1,0.50\n,49,6.00\n';
const fires = { threshold: '15.00', target: '30.00' };

/** Sends as the member beforehand: the process then has the card cached, and each call sends the same statements. */
async function sentBefore({ team, membership }: Scene, message = cheap): Promise<string> {
  const said = await sendMessage(team.operator, { onBehalfOf: membership.id, message });
  return 'id' in said ? said.id : '';
}

const ROWS: Record<string, Row> = {
  createMember: {
    as: 'owner',
    command: (scene) => (ctx) => {
      const input = {
        name: 'New',
        email: `new-${scene.mark}@crash.test`,
        password: 'correct horse battery',
        role: 'member' as const,
        credit: micros('2.00'),
        recharge: rechargeInput.parse(fires),
        metadata: { a: 'b' },
      };
      // Hashing comes before the transaction, and there is none of it in what may crash.
      return createMember(ctx, input, { password: input.password, passwordHash: DUMMY_HASH });
    },
  },
  updateMember: {
    as: 'owner',
    command: ({ membership, mark }) => {
      const change = { memberId: membership.id, name: 'Other', email: `other-${mark}@crash.test` };
      return (ctx) => updateMember(ctx, change);
    },
  },
  credit: { as: 'owner', command: ({ membership: { id } }) => move(creditMember, id) },
  debit: { as: 'owner', command: ({ membership: { id } }) => move(debitMember, id) },
  reverse: {
    as: 'owner',
    command: async ({ team, membership }) => {
      const { transfer } = await creditMember(team.operator, { memberId: membership.id, amount: micros('3.00') });
      return (ctx) => reverseTransfer(ctx, { transferId: transfer.id! });
    },
  },
  send: {
    as: 'member',
    command: async (scene) => (
      await sentBefore(scene),
      (ctx) => sendMessage(ctx, { onBehalfOf: null, message: cheap })
    ),
  },
  'send without a key': {
    as: 'operator',
    again: 'anew',
    command: async (scene) => {
      await sentBefore(scene);
      return (ctx) => sendMessage(ctx, { onBehalfOf: scene.membership.id, message: cheap });
    },
  },
  'send that fires a rule': {
    as: 'member',
    membership: { credit: '20.00', recharge: fires },
    command: async (scene) => (
      await sentBefore(scene),
      (ctx) => sendMessage(ctx, { onBehalfOf: null, message: expensive })
    ),
  },
  'send that is refused and remembered': {
    as: 'operator',
    again: 'anew',
    fund: '2.00',
    membership: { credit: '1.00', recharge: { threshold: '0.20', target: '30.00' } },
    command: async (scene) => {
      await sentBefore(scene);
      return (ctx) => sendMessage(ctx, { onBehalfOf: scene.membership.id, message: expensive });
    },
  },
  sendBatch: {
    as: 'member',
    command: async (scene) => {
      await sentBefore(scene);
      return (ctx) => sendBatch(ctx, { onBehalfOf: null, messages: [cheap, expensive, cheap] });
    },
  },
  'report failed': {
    as: 'operator',
    again: 'same',
    command: async (scene) => {
      const ids = [await sentBefore(scene), await sentBefore(scene, expensive)];
      return (ctx) => reportMessages(ctx, ids.map(failed));
    },
  },
  'set rule': {
    as: 'owner',
    command:
      ({ membership: { id } }) =>
      (ctx) =>
        setRecharge(ctx, id, rechargeInput.parse(fires)),
  },
  'delete rule': {
    as: 'owner',
    membership: { credit: '20.00', recharge: fires },
    command:
      ({ membership: { id } }) =>
      (ctx) =>
        deleteRecharge(ctx, id),
  },
  activate: {
    as: 'owner',
    membership: { credit: '20.00', recharge: fires },
    command: async ({ team, membership: { id } }) => {
      await deactivateMember(team.operator, id);
      await debitMember(team.operator, { memberId: id, amount: micros('12.00') });
      return (ctx) => activateMember(ctx, id);
    },
  },
  deactivate: {
    as: 'owner',
    membership: { credit: '20.00', recharge: fires },
    command:
      ({ membership: { id } }) =>
      (ctx) =>
        deactivateMember(ctx, id),
  },
  delete: {
    as: 'owner',
    membership: { credit: '20.00', recharge: fires },
    command:
      ({ membership: { id } }) =>
      (ctx) =>
        deleteMember(ctx, id),
  },
  restore: {
    as: 'owner',
    membership: { credit: '20.00', recharge: fires },
    command: async ({ team, membership: { id } }) => {
      await deleteMember(team.operator, id);
      return (ctx) => restoreMember(ctx, id);
    },
  },
  'role owner': {
    as: 'owner',
    command:
      ({ membership }) =>
      (ctx) =>
        setRole(ctx, { memberId: membership.id, role: 'owner' }),
  },
  'role member': {
    as: 'owner',
    membership: { credit: '20.00', recharge: fires },
    command: async ({ team, membership: { id } }) => {
      await setRole(team.operator, { memberId: id, role: 'owner' });
      await debitMember(team.operator, { memberId: id, amount: micros('12.00') });
      return (ctx) => setRole(ctx, { memberId: id, role: 'member' });
    },
  },
  rotateKey: {
    as: 'owner',
    command:
      ({ membership }) =>
      (ctx) =>
        rotateKey(ctx, { memberId: membership.id, overlapSeconds: 60 }),
  },
  revealKey: {
    as: 'owner',
    command:
      ({ membership: { id } }) =>
      (ctx) =>
        revealKey(ctx, id),
  },
  endKey: {
    as: 'owner',
    command:
      ({ membership }) =>
      (ctx) =>
        endKey(ctx, membership.member.apiKey!.id),
  },
  updateTeam: {
    as: 'owner',
    command: async ({ team, membership: { id } }) => {
      await updateTeam(team.operator, { reserve: micros('999.00') });
      await setRecharge(team.operator, id, rechargeInput.parse({ threshold: '50.00', target: '60.00' }));
      return (ctx) => updateTeam(ctx, { reserve: micros('1.00'), lowBalance: micros('5.00'), defaultSender: 'Crash' });
    },
  },
  updateSettings: {
    as: 'owner',
    command: () => (ctx) => updateSettings(ctx, { memberLowBalance: micros('5.00'), textRetentionDays: 30 }),
  },
  replaceRates: {
    as: 'owner',
    command: () => (ctx) => replaceRates(ctx, [{ country: null, prefix: '33', price: micros('0.10') }]),
  },
  fund: {
    as: 'operator',
    again: 'same',
    command: () => (ctx) => fundTeam(ctx, { amount: micros('5.00'), reference: 'once' }),
  },
  withdraw: {
    as: 'operator',
    again: 'same',
    command: () => (ctx) => withdrawFromTeam(ctx, { amount: micros('5.00'), reference: 'once' }),
  },
  createTeam: {
    as: 'operator',
    command:
      ({ mark }) =>
      (ctx) =>
        createTeam(ctx, {
          name: `New ${mark}`,
          currency: 'EUR',
          owner: { name: 'New', email: `new-${mark}@crash.test`, password: 'correct horse battery' },
          rates: [{ country: null, prefix: '33', price: micros('0.10') }],
        }),
  },
  'serve waiting': {
    as: 'operator',
    again: 'same',
    fund: '12.00',
    membership: { credit: '1.00', recharge: { threshold: '5.00', target: '20.00' } },
    command: async ({ team, mark }) => {
      const email = `second-${mark}@crash.test`;
      await addMember(team, { name: 'Second', email, recharge: { threshold: '4.00', target: '21.00' } });
      await fundTeam(team.operator, { amount: micros('100.00') });
      return (ctx) => serveWaiting(ctx);
    },
  },
};

const move = (command: typeof creditMember | typeof debitMember, memberId: string) => (ctx: Context) =>
  command(ctx, { memberId, amount: micros('3.00'), note: 'once' });

let scenes = 0;

async function openScene(row: Row): Promise<Scene & { run: (wire: Services) => Promise<unknown> }> {
  const mark = `m${(scenes += 1)}x`;
  const team = await makeTeam({ fund: row.fund ?? '500.00', card: RATES, name: `Scene ${mark}` });
  const membership = await addMember(team, {
    name: 'Member',
    email: `member-${mark}@crash.test`,
    ...(row.membership ?? { credit: '20.00' }),
  });
  const scene = { mark, team, membership };
  const command = await row.command(scene);
  const { actor } =
    row.as === 'operator' ? team.operator : row.as === 'owner' ? team.owner : await ctxOf(membership.key);
  const run = async (on: Services) => {
    const ctx = makeContext(on, actor);
    if (row.as === 'operator') return command(ctx);
    return withIdempotency(ctx, { key: 'crash', hash: '00'.repeat(32) }, { output: anyAnswer }, async (tx) => {
      const result = await command(tx);
      return result instanceof Refusal ? result : { status: 200, result };
    });
  };
  return { ...scene, run };
}

/** Prints any command's answer; the proofs only compare a replay with it. */
const anyAnswer = z.codec(z.string(), z.unknown(), {
  decode: (text) => text,
  encode: (result) => JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
});

/** Reads every row that the command can have written: of the scene's team, of one that it created, and users. */
async function look({ mark, team }: Scene): Promise<string[]> {
  const { rows } = await ownerPool().query<{ kind: string; id: string; row: string }>(
    `SELECT 'teams' AS kind, id, to_jsonb(t)::text AS row FROM teams t WHERE name LIKE '%' || $1
     UNION ALL SELECT 'users', id, to_jsonb(u)::text FROM users u WHERE email LIKE '%-' || $1 || '@%'
     UNION ALL SELECT 'slugs', team_id, to_jsonb(s)::text FROM team_slugs s WHERE slug LIKE '%-' || $1
     UNION ALL SELECT 'days', $2, jsonb_build_array(day, country, sum(messages), sum(segments), sum(delivered), sum(failed), sum(cost))::text
       FROM usage_team_daily WHERE team_id = $2 GROUP BY day, country`,
    [mark, team.teamId],
  );
  const teams = new Set(rows.flatMap(({ kind, id }) => (kind === 'users' ? [] : [id])));
  const all = rows.map(({ kind, row }) => `${kind} ${row}`);
  for (const teamId of teams) {
    // The lane of a connection means nothing; the sums of the days above are compared instead.
    const { usage_team_daily: _, ...tables } = await rowsOf({ teamId: teamId as TestTeam['teamId'] });
    all.push(...Object.entries(tables).flatMap(([name, found]) => found.map((row) => `${name} ${row}`)));
  }
  return all.toSorted();
}

const SECRETS = ['digest', 'sealed', 'prefix', 'last4', 'answer', 'slug'];

/** Removes ids, times, marks and secrets, so that the rows of two scenes can be compared. */
const plain = (rows: string[]): string[] =>
  rows
    .map((row) =>
      row
        .replaceAll(new RegExp(`"(${SECRETS.join('|')})": ("[^"]*"|[0-9]+)`, 'g'), '"$1"')
        .replaceAll(/(?!00000000-)[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'id')
        .replaceAll(/\d{4}-\d\d-\d\d([T ][\d:.]+([+-][\d:]+|Z))?/g, 'time')
        .replaceAll(/\bm\d+x\b|owner-[\d-]+@/g, 'mark'),
    )
    .toSorted();

/**
 * A command without any fault: its statements, the rows before and after each of its COMMITs, and the rows after the
 * client has retried (null: it does not).
 */
type Course = { statements: string[]; stages: string[][]; again: string[] | null };

async function undisturbed(wire: Wire, row: Row): Promise<Course> {
  const scene = await openScene(row);
  const stages = [plain(await look(scene))];
  wire.listen({ committed: async () => void stages.push(plain(await look(scene))) });
  await scene.run(wire.services);
  const statements = [...wire.sent];
  wire.listen();
  if (row.again !== 'anew') return { statements, stages, again: isRepeatable(row) ? stages.at(-1)! : null };
  await scene.run(services());
  return { statements, stages, again: plain(await look(scene)) };
}

/** Returns true when the same call changes nothing more, by its Idempotency-Key or by its nature. */
const isRepeatable = (row: Row): boolean => row.as !== 'operator' || row.again === 'same';

/** Returns how many of the command's COMMITs must have counted for this strike; null when the last may have or not. */
function committedBy({ statements }: Course, { at, how }: Strike): number | null {
  const before = statements.slice(0, at).filter(isCommit).length;
  if (!isCommit(statements[at]!) || how === 'thrown before' || how === 'cut before') return before;
  return how === 'cut under way' ? null : before + 1;
}

/**
 * Lists the faults of a process's only connection after a command on it failed. The next command takes the same locks.
 */
async function stuck(wire: Wire, { team, membership }: Scene): Promise<string[]> {
  const { pool } = wire;
  const wrong: string[] = [];
  wire.listen();
  await flushChanges(pool);
  if (pool.idleCount !== pool.totalCount || pool.waitingCount > 0) {
    wrong.push(`of ${pool.totalCount} connections ${pool.idleCount} are idle`);
  }
  const began = performance.now();
  const state = await pool
    .query<{ fresh: boolean; timeout: string }>(
      `SELECT now() = statement_timestamp() AS fresh, current_setting('lock_timeout') AS timeout`,
    )
    .then(
      ({ rows }) => rows[0]!,
      (error: Error) => error.message,
    );
  if (typeof state === 'string') wrong.push(`the next query: ${state}`);
  else if (!state.fresh || state.timeout !== '0') wrong.push('the next query is in the transaction of the last');
  const amount = micros('0.01');
  const next = await outcomeOf(
    creditMember(through(wire.services, team.operator), { memberId: membership.id, amount, dryRun: true }),
  );
  if (next !== 'ok' && next !== 'member_deleted') wrong.push(`the next command: ${next}`);
  const took = performance.now() - began;
  if (took > NEXT_COMMAND_MS) wrong.push(`the next command took ${Math.round(took)} ms`);
  return wrong;
}

/** Far above the usual duration, and below the 8 seconds that the command would wait for a lock. */
const NEXT_COMMAND_MS = 5_000;

type Point = { name: string; row: Row; course: Course; strikes: Strike[] };

/** Strikes a command, each time at the same statement, then lets the client retry. Returns what went wrong. */
async function crash(wire: Wire, { name, row, course, strikes }: Point): Promise<string[]> {
  const scene = await openScene(row);
  const wrong: string[] = [];
  let rows = await look(scene);
  let done = 0;
  for (const strike of strikes) {
    const say = (fault: string) =>
      wrong.push(`${name}, ${strike.how} ${strike.at}: ${fault}\n  ${course.statements[strike.at]}`);
    wire.listen({ strike });
    const thrown = await scene.run(wire.services).then(
      () => null,
      (error: unknown) => error,
    );
    if (!wire.struck()) say(`it did not send that statement, and the caller was thrown ${String(thrown)}`);
    if (thrown === null) say('the caller was thrown that all went well');
    if (strike.how.startsWith('cut') && !isUnavailable(thrown)) say(`the caller was thrown ${String(thrown)}`);
    (await stuck(wire, scene)).forEach(say);
    const now = await look(scene);
    const must = committedBy(course, strike);
    done = must ?? course.stages.findIndex((stage) => sameRows(stage, plain(now)));
    if (done === 0 && !sameRows(now, rows)) say(`nothing was to change:\n${difference(rows, now)}`);
    const stage = course.stages[done] ?? [];
    if (!sameRows(plain(now), stage)) say(`not as after ${done} commits:\n${difference(stage, plain(now))}`);
    rows = now;
  }
  wrong.push(
    ...(await requireReauthentication({ row, course, scene, rows, done })).map((fault) => `${name}, retried: ${fault}`),
  );
  return wrong;
}

type Asked = { row: Row; course: Course; scene: Awaited<ReturnType<typeof openScene>>; rows: string[]; done: number };

/** Retries the call whose answer the client did not get: in total it must have taken effect once. */
async function requireReauthentication({ row, course, scene, rows, done }: Asked): Promise<string[]> {
  const whole = done === course.stages.length - 1;
  if (whole && course.again === null) return [];
  const answer = await scene.run(services()).catch((error: unknown) => String(error));
  if (typeof answer === 'string') return [answer];
  const now = await look(scene);
  const keyed = row.as !== 'operator';
  if (keyed && whole && !(answer as Answered).replayed) return ['it ran again'];
  if (keyed && whole && !sameRows(now, rows)) return [`it took effect twice:\n${difference(rows, now)}`];
  const end = whole && course.again ? course.again : course.stages.at(-1)!;
  return sameRows(plain(now), end) ? [] : [`it did not take effect once:\n${difference(end, plain(now))}`];
}

const sameRows = (a: string[], b: string[]): boolean => a.length === b.length && a.every((row, i) => row === b[i]);

function difference(expected: string[], found: string[]): string {
  const minus = expected.filter((row) => !found.includes(row)).map((row) => `- ${row}`);
  return [...minus, ...found.filter((row) => !expected.includes(row)).map((row) => `+ ${row}`)].join('\n');
}

/** Returns the strikes of a command: those that undo it share one scene, each of the others has a scene of its own. */
function pointsOf(course: Course): Strike[][] {
  return course.statements.flatMap((statement, at) => {
    const alone: How[] = isCommit(statement) ? ['cut after', 'thrown after', 'cut under way'] : [];
    const undone: How[] = ['thrown before', 'cut before', ...(isCommit(statement) ? [] : (['thrown after'] as const))];
    const twice: Strike = { at, how: 'thrown before', alsoNext: true };
    const together: Strike[] = [...undone.map((how) => ({ at, how })), twice];
    // A job that has done part of its work has less to do the next time.
    const parts = course.stages.length > 2 ? together.map((strike) => [strike]) : [together];
    return [...parts, ...alone.map((how) => [{ at, how }])];
  });
}

/** Returns the kinds that a short run must cover: every command, and every kind of strike at a COMMIT and before it. */
const kindsOf = ({ name, course, strikes }: Point): string[] => [
  name,
  ...strikes.map(({ at, how, alsoNext }) => `${isCommit(course.statements[at]!) ? 'COMMIT' : ''} ${how} ${alsoNext}`),
];

const NAMES = Object.keys(ROWS);

describe(`a crash at every statement of ${NAMES.length} commands`, () => {
  const wires = Array.from({ length: LANES }, openWire);
  const wrong: string[] = [];
  const courses = new Map<string, Course>();
  let strikes = 0;

  beforeAll(async () => {
    const { random, report } = beginProof('S7 crashes');
    const names = [...NAMES];
    const all: Point[] = [];
    await inLanes(wires, names, async (wire, name) => {
      const row = ROWS[name]!;
      const course = await undisturbed(wire, row);
      courses.set(name, course);
      all.push(...pointsOf(course).map((list) => ({ name, row, course, strikes: list })));
    });
    const points = drawShare(random, all, SIZE.crashShare, kindsOf);
    strikes = points.flatMap((point) => point.strikes).length;
    await inLanes(wires, points, async (wire, point) => void wrong.push(...(await crash(wire, point))));
    report(`${strikes} crashes of ${NAMES.length} commands`);
  }, PROOF_TIMEOUT_MS);

  afterAll(() => Promise.all(wires.map((wire) => wire.close())));

  it('leaves all of the command or nothing, no lock, a working pool, and one effect after a retry', () => {
    expect(wrong.length, wrong.slice(0, 5).join('\n\n')).toBe(0);
    expect(strikes).toBeGreaterThan(NAMES.length * 12 * SIZE.crashShare);
  });

  it('hits commands that change something, each in one transaction but for the job', () => {
    const commits = [...courses].map(([name, { stages }]) => [name, stages.length - 1]);
    expect(Object.fromEntries(commits)).toEqual(
      Object.fromEntries(NAMES.map((name) => [name, name === 'serve waiting' ? 2 : 1])),
    );
    for (const [name, { stages }] of courses) expect(sameRows(stages[0]!, stages[1]!), name).toBe(false);
  });

  it('leaves books that verify', async () => {
    expect((await verifyLedger(services().database.db)).problems).toEqual([]);
  });
});

/** Works through a list on several connections at once. */
async function inLanes<T>(wires: Wire[], list: T[], work: (wire: Wire, item: T) => Promise<void>): Promise<void> {
  await Promise.all(
    wires.map(async (wire) => {
      for (let next = list.shift(); next !== undefined; next = list.shift()) await work(wire, next);
    }),
  );
}
