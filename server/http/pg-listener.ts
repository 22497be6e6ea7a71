import { Client } from 'pg';
import {
  ANNOUNCE,
  CHANNEL,
  printNotification,
  readNotification,
  type Notification,
} from '@/server/domain/core/change-feed';
import { describeFault, log } from '@/server/log';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** A connection on which nothing comes may be cut off without a word: it is asked so often, and must answer. */
const CHECK_MS = 20_000;
const ANSWER_MS = 5_000;

type Heard = {
  /** Something changed. */
  onWord: (word: Notification) => void;
  /** What was told until now may have been missed. */
  onGap: () => void;
};

/**
 * Listens to what is announced, on one connection of its own, until it is stopped; a lost one is made anew. `onGap` is
 * called after each time without one, and for a word that this release does not know.
 */
export function listen(url: string, { onWord, onGap }: Heard): { stop: () => Promise<void> } {
  let stopped = false;
  let client: Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let pause = FIRST_PAUSE_MS;
  const lost = (one: Client, error?: unknown) => {
    if (client !== one || stopped) return;
    client = null;
    clearTimeout(timer);
    one.end().catch(() => {});
    log({ msg: 'not listening; trying again', level: 'warn', ...(error !== undefined && describeFault(error)) });
    timer = setTimeout(connect, pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  };
  const check = (one: Client) => {
    timer = setTimeout(() => {
      one.query('SELECT 1').then(
        () => client === one && check(one),
        (error: unknown) => lost(one, error),
      );
    }, CHECK_MS);
  };
  const connect = () => {
    const one = (client = clientOn(url));
    one.on('error', (error) => lost(one, error));
    one.on('end', () => lost(one));
    one.on('notification', ({ payload = '' }) => {
      const word = readNotification(payload);
      if (word) onWord(word);
      else onGap();
    });
    begin(one).then(
      () => {
        pause = FIRST_PAUSE_MS;
        check(one);
      },
      (error: unknown) => lost(one, error),
    );
  };
  const begin = async (one: Client) => {
    await one.connect();
    await one.query(`LISTEN ${CHANNEL}`);
    onGap();
    // A word of its own, so that there is a last one by which a page can say up to where it knows.
    await one.query(ANNOUNCE, [[printNotification([])]]);
  };
  connect();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}

const clientOn = (url: string): Client =>
  new Client({
    connectionString: url,
    application_name: 'purser-live',
    keepAlive: true,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
