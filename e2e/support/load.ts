import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { callApi } from '@/tests/support/call-api';

/** A change that the product has acknowledged: it must be stored exactly once. */
export type Acknowledged = { key: string; id: string; status: number };

/** The results of all clients: the acknowledged changes, and a count of every other response or error. */
export type Seen = { acknowledged: Acknowledged[]; unanswered: string[]; others: Map<string, number> };

export type Load = {
  /** Ends the load; with `finish`, each client first completes its current change. */
  stop: (options?: { finish: boolean }) => Promise<Seen>;
  /** Returns the number of acknowledged changes so far. */
  count: () => number;
};

type Settings = { api: () => string; ownerKey: string; memberIds: string[]; clients: number };

/**
 * Starts clients like those of an integrator: each change has an Idempotency-Key, and is retried with the same key until
 * there is a final response (not a lost connection, `409` in flight, or `503`).
 */
export function startLoad({ api, ownerKey, memberIds, clients }: Settings): Load {
  const seen: Seen = { acknowledged: [], unanswered: [], others: new Map() };
  const [ending, leaving] = [new AbortController(), new AbortController()];
  const note = (what: string) => seen.others.set(what, (seen.others.get(what) ?? 0) + 1);
  const once = async (key: string, memberId: string, sends: boolean): Promise<boolean> => {
    const url = api();
    const path = sends ? '/messages' : `/members/${memberId}/credit`;
    const body = sends ? { to: '+14155550100', from: 'Load', body: 'Hello' } : { amount: '0.01' };
    const headers: Record<string, string> = sends ? { Member: memberId } : {};
    try {
      const answer = await callApi(url, 'POST', path, { key: ownerKey, body, headers, idempotencyKey: key });
      if (answer.status === 201 || answer.status === 202) {
        seen.acknowledged.push({ key, id: sends ? answer.body.id : answer.body.transfer.id, status: answer.status });
        return true;
      }
      note(`${answer.status} ${answer.body?.code} ${answer.headers.has('retry-after') ? 'retry' : ''}`.trim());
      return answer.status !== 409 && answer.status !== 503;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
      note(cause && 'code' in cause ? String(cause.code) : String(cause ?? error));
      return false;
    }
  };
  const client = async (n: number) => {
    for (let i = n; !ending.signal.aborted; i += 1) {
      const key = randomUUID();
      const memberId = memberIds[i % memberIds.length]!;
      let done = false;
      while (!done && !leaving.signal.aborted) {
        done = await once(key, memberId, i % 3 === 2);
        // The pause leaves a restarting process enough CPU.
        if (!done) await sleep(100);
      }
      if (!done) seen.unanswered.push(key);
    }
  };
  const working = Promise.all(Array.from({ length: clients }, (_, n) => client(n)));
  return {
    count: () => seen.acknowledged.length,
    async stop({ finish } = { finish: true }) {
      ending.abort();
      if (!finish) leaving.abort();
      await working;
      return seen;
    },
  };
}

/** Returns the number of transfers by idempotency key, read from the database. */
export async function transfersByKey(databaseUrl: string, keys: string[]): Promise<Map<string, number>> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ key: string; n: number }>(
      'SELECT idempotency_key AS key, count(*)::int AS n FROM transfers WHERE idempotency_key = ANY ($1) GROUP BY 1',
      [keys],
    );
    return new Map(rows.map(({ key, n }) => [key, n]));
  } finally {
    await client.end();
  }
}

/** Returns the acknowledged changes that are missing after a load, and all changes that are stored twice. */
export async function lostOrDoubled(databaseUrl: string, seen: Seen): Promise<string[]> {
  const keys = [...seen.acknowledged.map(({ key }) => key), ...seen.unanswered];
  const made = await transfersByKey(databaseUrl, keys);
  const acknowledged = new Set(seen.acknowledged.map(({ key }) => key));
  return keys.flatMap((key) => {
    const n = made.get(key) ?? 0;
    if (n > 1) return [`${key} moved money ${n} times`];
    return n === 0 && acknowledged.has(key) ? [`${key} was acknowledged and is not there`] : [];
  });
}
