import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runMigrations } from 'graphile-worker';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argumentsFor } from '@/scripts/start/build.mjs';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { answerCarrier } from '@/server/http/callbacks';
import { services } from '@/server/http/services';
import { callbackPath } from '@/server/outbound/carriers/callback-url';
import { useApi } from '../support/api-client';
import { freePorts, isMissing, LONG_TEXT, Peers, waitFor } from '../support/carrier-peers';
import { ownDatabase } from '../support/database';
import { makeTeam, type TestTeam } from '../support/team';

const SECRET = 'tests-only-7f3Kq9ZsX2vB8mNw4LrT6yHc';
const SMSC = join(import.meta.dirname, '../support/smsc.pl');

/** Kills of the worker under load; the long form is the proof. */
const KILLS = process.env['PROOF'] === 'long' ? 100 : 4;

const as = useApi();

/** Serves callbacks of carriers, as the product does. */
function serveCallbacks(port: number): Promise<Server> {
  const server = createServer((req, res) => {
    const request = new Request(`http://127.0.0.1:${port}${req.url}`, { method: req.method! });
    void answerCarrier(request).then((response) => res.writeHead(response.status).end());
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

const kannelConfig = (ports: Record<'admin' | 'smsbox' | 'smsc' | 'sendsms', number>): string =>
  [
    `group = core\nadmin-port = ${ports.admin}\nadmin-password = none\nsmsbox-port = ${ports.smsbox}\ndlr-storage = internal\nadmin-interface = 127.0.0.1`,
    `group = smsc\nsmsc = fake\nsmsc-id = FAKE\nport = ${ports.smsc}\nconnect-allow-ip = 127.0.0.1`,
    `group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = ${ports.sendsms}\nsendsms-interface = 127.0.0.1`,
    `group = sendsms-user\nusername = tester\npassword = secret\nmax-messages = 10\nconcatenation = true`,
    `group = sms-service\nkeyword = default\ntext = none`,
  ].join('\n\n');

describe.skipIf(isMissing('kannel', 'kannel-extras', 'libnet-smpp-perl'))('a message through a real carrier', () => {
  const peers = new Peers();
  let owner: Pool;
  let worker: ChildProcess | null = null;
  let server: Server;
  let smsc: string[];
  let team: TestTeam;

  function startWorker(): void {
    worker = spawn(process.execPath, argumentsFor('server/jobs/main.ts'), {
      cwd: join(import.meta.dirname, '../..'),
      env: { ...process.env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  async function killWorker(): Promise<void> {
    const ended = once(worker!, 'exit');
    worker!.kill('SIGKILL');
    await ended;
  }

  beforeAll(async () => {
    const database = await ownDatabase();
    owner = new Pool({ connectionString: database.ownerUrl, max: 2 });
    await runMigrations({ pgPool: owner });
    const ports = await freePorts('admin', 'smsbox', 'smsc', 'sendsms', 'smpp', 'callbacks');
    const config = peers.write('kannel.conf', kannelConfig(ports));
    await peers.start('/usr/sbin/bearerbox', ['-v', '4', config], ports.smsbox);
    await peers.start('/usr/lib/kannel/test/fakesmsc', ['-r', String(ports.smsc), '-m', '0', '1 2 text nop']);
    await peers.start('/usr/sbin/smsbox', ['-v', '4', config], ports.sendsms);
    smsc = (await peers.start('perl', [SMSC, String(ports.smpp)], ports.smpp)).lines;
    const carriers = {
      gateway: {
        kind: 'kannel',
        settings: { url: `http://127.0.0.1:${ports.sendsms}/cgi-bin/sendsms`, username: 'tester', password: 'secret' },
      },
      direct: {
        kind: 'smpp',
        settings: { host: '127.0.0.1', port: ports.smpp, systemId: 'purser', password: 'secret', reconnectMinMs: 50 },
      },
    };
    const routes = [{ carrier: 'direct', prefixes: ['+44'] }, { carrier: 'gateway' }];
    process.env['CARRIERS_FILE'] = peers.write('carriers.json', JSON.stringify({ carriers, routes }));
    process.env['APP_URL'] = `http://127.0.0.1:${ports.callbacks}`;
    process.env['DATABASE_URL'] = database.appUrl;
    process.env['DATABASE_OWNER_URL'] = database.ownerUrl;
    process.env['DATABASE_DIRECT_URL'] = database.ownerUrl;
    server = await serveCallbacks(ports.callbacks);
    startWorker();
    team = await makeTeam({ fund: '1000.00' });
  });
  afterAll(async () => {
    await killWorker();
    server.closeAllConnections();
    server.close();
    peers.close();
    await owner.end();
  });

  const send = async (to: string, body: string) =>
    (await as(team.ownerKey).post('/messages', { to, from: 'Acme', body })).body;
  const statusOf = async (id: string): Promise<string> => (await as(team.ownerKey).get(`/messages/${id}`)).body.status;

  it.each([
    ['Kannel and its simulator', '+4915112345678', 'gateway'],
    ['SMPP and an SMSC', '+442071838750', 'direct'],
  ])('comes back delivered, with an emoji in 400 characters: %s', async (_, to, carrier) => {
    const message = await send(to, LONG_TEXT);
    expect(message.segments).toBe(6);
    await expect.poll(() => statusOf(message.id), { timeout: 60_000 }).toBe('delivered');
    const { events } = (await as(team.ownerKey).get(`/messages/${message.id}`)).body;
    expect(events.map((event: Record<string, unknown>) => [event['status'], event['carrier']])).toEqual([
      ['queued', null],
      ['sent', carrier],
      ['delivered', carrier],
    ]);
  });

  it(`is never lost or charged twice in ${KILLS} kills of the worker`, async () => {
    const started = (await as(team.ownerKey).get('/me')).body.balance;
    const ids: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      for (let i = 0; i < 5; i += 1) {
        // The SMSC takes what ends in 99 and reports it delivered.
        const to = `+4477${String(kill * 5 + i).padStart(6, '0')}99`;
        ids.push((await send(to, 'Hello')).id);
      }
      // About the time after which a started worker has the messages in hand.
      await sleep(700 + Math.random() * 900);
      await killWorker();
      // Ends the lease of the killed worker, like a minute would.
      await owner.query("UPDATE messages SET claimed_until = now() WHERE status = 'queued'");
      startWorker();
    }
    const open = async (): Promise<number> => {
      const { rows } = await owner.query<{ count: number }>(
        "SELECT count(*)::int AS count FROM messages WHERE status NOT IN ('delivered', 'sent')",
      );
      return rows[0]!.count;
    };
    await expect.poll(open, { timeout: 120_000 }).toBe(0);
    const submits = smsc.filter((line) => line.includes('"submit"') && line.includes('4477')).length;
    console.log(`S6 carriers: ${KILLS} kills, ${ids.length} messages, ${submits - ids.length} submitted again`);
    expect(submits).toBeGreaterThanOrEqual(ids.length);
    const { rows } = await owner.query<{ charges: number; refunds: number }>(
      `SELECT count(*) FILTER (WHERE kind = 'charge')::int AS charges, count(*) FILTER (WHERE kind = 'refund')::int AS refunds
       FROM transfers WHERE team_id = $1`,
      [team.teamId],
    );
    expect(rows[0]).toEqual({ charges: ids.length + 2, refunds: 0 });
    expect((await verifyLedger(services().database.db)).problems).toEqual([]);
    expect(Number(started)).toBeGreaterThan(Number((await as(team.ownerKey).get('/me')).body.balance));
  });

  it('is not reported by a stranger: another path, another token, or another carrier’s', async () => {
    const message = await send('+4915100000009', 'Hello');
    const real = callbackPath(SECRET, 'gateway');
    for (const path of [
      `${real}x`,
      real.slice(0, -1),
      '/api/callbacks/carriers/gateway/',
      callbackPath(SECRET, 'sandbox'),
    ]) {
      const url = `${process.env['APP_URL']}${path}?id=${team.teamId}.${message.id}&status=2`;
      expect((await fetch(url)).status, path).toBe(404);
    }
    expect((await fetch(`${process.env['APP_URL']}${real}?status=2`)).status).toBe(400);
    await waitFor(() => true);
    await expect.poll(() => statusOf(message.id), { timeout: 60_000 }).toBe('delivered');
  });
});
