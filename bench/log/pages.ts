import type { Pool } from 'pg';
import type { Context } from '@/server/domain/core/context';
import { printId } from '@/server/domain/core/ids';
import { getMessage, listMessages } from '@/server/domain/messaging/messages/read';
import { messageListInput } from '@/server/domain/messaging/messages/schema';
import { explainWork, timeInTurn } from '../timing';
import type { BenchTeam } from '../world';
import { HOT } from './rows';

/** Page 10,000 of 25 rows each. */
const FAR = 10_000;
const PAGE = 25;
const AT_ONCE = 100;
const ROUNDS = 31;
const RATIO_AT_MOST = 1.5;
const LOOKUPS_AT_MOST = 20;

type Query = Record<string, unknown>;
/** `isFlat` marks the filters for which a bound is promised. */
type Filter = { name: string; query: Query; isFlat: boolean };

function filtersOf(team: BenchTeam): Filter[] {
  const member = printId('mem', team.members[HOT.member]!.id);
  const many = team.members.slice(10, 40).map(({ id }) => printId('mem', id));
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  const month = { from: daysAgo(230), to: daysAgo(200) };
  const flat = (name: string, query: Query): Filter => ({ name, query, isFlat: true });
  const other = (name: string, query: Query): Filter => ({ name, query, isFlat: false });
  return [
    flat('no filter', {}),
    flat('member', { memberId: member }),
    flat('member, a small one', { memberId: printId('mem', team.members.at(-1)!.id) }),
    flat('status delivered', { status: 'delivered' }),
    flat('status failed', { status: 'failed' }),
    flat('status sent', { status: 'sent' }),
    flat('status queued', { status: 'queued' }),
    flat('status held (none)', { status: 'held' }),
    flat('country', { country: HOT.country }),
    flat('member + status', { memberId: member, status: 'delivered' }),
    flat('member + status failed', { memberId: member, status: 'failed' }),
    flat('exact recipient', { recipient: HOT.recipient }),
    flat('reference', { reference: HOT.reference }),
    flat('reference, of one message', { reference: 'order-4711' }),
    flat('prefix of 6 digits', { recipient: HOT.beginning }),
    flat('prefix of 7 digits', { recipient: `${HOT.beginning}4` }),
    flat('prefix of 10 digits', { recipient: `${HOT.beginning}4071` }),
    flat('a month, no other filter', month),
    flat('a month, member', { ...month, memberId: member }),
    other('prefix of 3 digits', { recipient: '+491' }),
    other('a month, prefix of 3 digits', { ...month, recipient: '+491' }),
    other('30 members', { memberId: many }),
    other('a month, 30 members', { ...month, memberId: many }),
  ];
}

/**
 * Compares page 1 and page 10,000 of each filter with each other and with a look-up by primary key through the same
 * client and query builder. Returns the figures outside their bounds.
 */
export async function measurePages(owner: Pool, team: BenchTeam): Promise<string[]> {
  const { ctx } = team;
  const lookup = await lookups(owner, ctx);
  const [command, bare] = await timeInTurn([lookup.command, lookup.bare], ROUNDS);
  console.log(
    `\nPages of ${PAGE}, one caller, medians in ms. A look-up by primary key: ${command!.toFixed(2)} (getMessage)`,
  );
  console.log(`  the same as bare SQL: ${bare!.toFixed(2)}\n`);
  console.log(`  ${'filter'.padEnd(28)} page 1  page 10,000   ratio  look-ups`);
  const misses: string[] = [];
  for (const { name, query, isFlat } of filtersOf(team)) {
    const { page, cursor } = await walk(ctx, query);
    const near = () => list(ctx, query, PAGE, null);
    const far = () => list(ctx, query, PAGE, cursor);
    const works = [near, far, lookup.command];
    const judge = async (rounds: number) => {
      const [one, last, base] = await timeInTurn(works, rounds);
      const [ratio, over] = [last! / one!, Math.max(one!, last!) / base!];
      const isMissed = isFlat && ((page === FAR && ratio > RATIO_AT_MOST) || over > LOOKUPS_AT_MOST);
      return { one: one!, last: last!, ratio, over, isMissed };
    };
    let said = await judge(ROUNDS);
    // Other work on the machine can cause a miss too, so it is measured once more, and longer.
    if (said.isMissed) said = await judge(ROUNDS * 5);
    const { one, last, ratio, over, isMissed } = said;
    const where = page === FAR ? '' : `  last page: ${page}`;
    console.log(
      `  ${name.padEnd(28)} ${one.toFixed(2).padStart(6)}  ${last.toFixed(2).padStart(11)}  ${ratio.toFixed(2).padStart(6)}  ${over.toFixed(1).padStart(8)}` +
        `${where}${isFlat ? '' : '  not promised'}${isMissed ? '  OUT OF BOUNDS' : ''}`,
    );
    if (isMissed) misses.push(`pages: ${name}`);
    if (process.env['LOG_EXPLAIN'] === '1') {
      for (const work of [near, far]) for (const { plan } of await explainWork(ctx, work)) console.log(plan);
    }
  }
  return misses;
}

const list = (ctx: Context, query: Query, limit: number, cursor: string | null) =>
  listMessages(ctx, { ...messageListInput.parse(query), limit, cursor: cursor ?? undefined });

/** Pages to page 10,000, or to the last one, by the cursors of the API. */
async function walk(ctx: Context, query: Query): Promise<{ page: number; cursor: string | null }> {
  let cursor: string | null = null;
  let page = 1;
  while (page < FAR) {
    // Takes large steps while there are full ones, then a page at a time.
    const isNear = FAR - page < AT_ONCE / PAGE;
    const step: { nextCursor: string | null } = await list(ctx, query, isNear ? PAGE : AT_ONCE, cursor);
    if (step.nextCursor !== null) {
      cursor = step.nextCursor;
      page += isNear ? 1 : AT_ONCE / PAGE;
      continue;
    }
    if (isNear) break;
    for (;;) {
      const one: { nextCursor: string | null } = await list(ctx, query, PAGE, cursor);
      if (one.nextCursor === null) return { page, cursor };
      cursor = one.nextCursor;
      page += 1;
    }
  }
  return { page, cursor };
}

/** Looks up messages all over the log: by the command, and as bare SQL. */
async function lookups(owner: Pool, ctx: Context) {
  const { teamId } = ctx.actor;
  const { rows } = await owner.query<{ id: string }>(
    'SELECT id FROM messages TABLESAMPLE SYSTEM (0.5) WHERE team_id = $1 LIMIT 2000',
    [teamId],
  );
  let next = 0;
  const anyId = () => rows[(next += 17) % rows.length]!.id;
  return {
    command: () => getMessage(ctx, anyId()),
    bare: () => ctx.database.pool.query('SELECT * FROM messages WHERE team_id = $1 AND id = $2', [teamId, anyId()]),
  };
}
