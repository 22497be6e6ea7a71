import { Client } from 'pg';
import type { Context } from '@/server/domain/core/context';
import { median } from './world';

type Work = () => Promise<unknown>;

/** Returns the medians in ms of works run in turn, so that all meet the same load. The first rounds are a warm-up. */
export async function timeInTurn(works: Work[], rounds: number): Promise<number[]> {
  const times: number[][] = works.map(() => []);
  for (let round = -3; round < rounds; round++) {
    for (const [i, work] of works.entries()) {
      const began = performance.now();
      await work();
      if (round >= 0) times[i]!.push(performance.now() - began);
    }
  }
  return times.map(median);
}

/** Runs a work and passes each statement that it sends to the database to `tell`. */
export async function watchQueries(work: Work, tell: (text: string, values: unknown[]) => void): Promise<void> {
  const original = Object.getOwnPropertyDescriptor(Client.prototype, 'query')!;
  const query = original.value as (...words: unknown[]) => unknown;
  Object.defineProperty(Client.prototype, 'query', {
    ...original,
    value(this: Client, ...words: unknown[]) {
      const [said, values] = words as [string | { text: string; values?: unknown[] }, unknown[] | undefined];
      tell(
        typeof said === 'string' ? said : said.text,
        values ?? (typeof said === 'string' ? [] : (said.values ?? [])),
      );
      return query.apply(this, words);
    },
  });
  try {
    await work();
  } finally {
    Object.defineProperty(Client.prototype, 'query', original);
  }
}

/** Explains each query of a work by running it again: returns its plans and the ms to plan and run them. */
export async function explainWork(ctx: Context, work: Work): Promise<{ plan: string; ms: number }[]> {
  const sent: [string, unknown[]][] = [];
  await watchQueries(work, (text, values) => {
    if (/^\s*(SELECT|WITH)\b/i.test(text)) sent.push([text, values]);
  });
  const plans = [];
  for (const [text, values] of sent) {
    const { rows } = await ctx.database.pool.query<{ 'QUERY PLAN': string }>({
      text: `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) ${text}`,
      values,
    });
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    const ms = [...plan.matchAll(/^(?:Planning|Execution) Time: ([0-9.]+) ms/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
    plans.push({ plan, ms });
  }
  return plans;
}
