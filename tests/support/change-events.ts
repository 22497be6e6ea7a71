import { Client } from 'pg';
import {
  ANNOUNCE,
  CHANNEL,
  printNotification,
  readNotification,
  flushChanges,
  type TeamChange,
} from '@/server/domain/core/change-feed';
import { services } from '@/server/http/services';

/** Listens to the notifications of changes that all processes receive. */
export async function openChangeListener() {
  const client = new Client({ connectionString: process.env['DATABASE_DIRECT_URL'] });
  const words: string[] = [];
  client.on('notification', ({ payload = '' }) => words.push(payload));
  await client.connect();
  await client.query(`LISTEN ${CHANNEL}`);

  /** Returns the events since the last call; null means that anything may have changed. */
  const received = async (): Promise<(TeamChange[] | null)[]> => {
    await flushChanges(services().database.pool);
    const last = printNotification([]);
    await client.query(ANNOUNCE, [[last]]);
    // A notification of this connection to itself arrives after all earlier ones.
    const found = words.splice(0, words.indexOf(last) + 1).slice(0, -1);
    return found.map((word) => readNotification(word)!.changes);
  };

  /** Returns the changes of one team by noun: the members touched, sorted, or null for all. */
  const receivedOf = async (teamId: string): Promise<Record<string, string[] | null>> => {
    const changes = (await received()).flat().filter((change) => change?.team === teamId) as TeamChange[];
    const nouns = [...new Set(changes.flatMap((change) => change.nouns))];
    const membersOf = (noun: string): string[] | null => {
      const of = changes.filter((change) => change.nouns.some((one) => one === noun));
      if (of.some(({ members }) => members === null)) return null;
      return [...new Set(of.flatMap(({ members }) => members!))].toSorted();
    };
    return Object.fromEntries(nouns.map((noun) => [noun, membersOf(noun)]));
  };
  return { received, receivedOf, close: () => client.end() };
}
