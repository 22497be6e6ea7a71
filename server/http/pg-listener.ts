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

/** The interval, in milliseconds, at which an idle connection is checked, because it may be dropped silently. */
const CHECK_MS = 20_000;
const ANSWER_MS = 5_000;

type Listeners = {
  /** Called for each notification. */
  onNotification: (notification: Notification) => void;
  /** Called when earlier notifications may have been missed. */
  onGap: () => void;
};

/**
 * Listens for change notifications on its own connection until stopped, and reconnects when it is lost. `onGap` is
 * called after each reconnection, and for a notification of an unknown format.
 */
export function listen(url: string, { onNotification, onGap }: Listeners): { stop: () => Promise<void> } {
  let stopped = false;
  let client: Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let pause = FIRST_PAUSE_MS;
  const lost = (one: Client, error?: unknown) => {
    if (client !== one || stopped) return;
    client = null;
    clearTimeout(timer);
    one.end().catch(() => {});
    log({
      msg: 'listening connection lost; reconnecting',
      level: 'warn',
      ...(error !== undefined && describeFault(error)),
    });
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
      const notification = readNotification(payload);
      if (notification) onNotification(notification);
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
    // Sends an empty event so that a new client has an id to resume from.
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
