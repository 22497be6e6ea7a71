import { freePort } from '@/scripts/processes/ports.mjs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, runningProduct, test } from './support/browser';
import { createTeamByCommand, startWeb, until, type Running, type Team } from './support/product';

const { dataDir } = runningProduct();

type Web = { web: Running; port: number };
let [team, past, through]: [Team | null, Web | null, Web | null] = [null, null, null];

async function start(more: Record<string, string>): Promise<Web> {
  const port = await freePort(undefined);
  const web = startWeb(dataDir, port, more);
  await until(
    () => web.output(),
    60_000,
    () =>
      fetch(`http://127.0.0.1:${port}/api/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
  );
  return { web, port };
}

test.beforeAll(async () => {
  team = await createTeamByCommand('Broken Off', '10.00');
  [past, through] = await Promise.all([start({ API_FRONT: '1' }), start({ API_FRONT: '0' })]);
});

test.afterAll(async () => {
  for (const one of [past, through]) {
    one?.web.child.kill('SIGTERM');
    if (one) await once(one.web.child, 'exit');
  }
});

/** Sends the head of a request and a part of its body, and closes the connection once the server handles it. */
async function abortRequest({ port }: Web, path: string, fields: string[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const head = [`POST ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Content-Type: application/json', ...fields];
  socket.write(`${head.join('\r\n')}\r\nContent-Length: 500\r\n\r\n{"name": "half a`);
  // A complete request on another connection has been answered: the server has read the first one by then.
  await fetch(`http://127.0.0.1:${port}/api/health`);
  await fetch(`http://127.0.0.1:${port}/api/v1/me`);
  socket.destroy();
}

type Line = { msg: string; level: string; status?: number; route?: string };

const linesOf = ({ web }: Web): Line[] =>
  web
    .output()
    .split('\n')
    .flatMap((line) => (line.startsWith('{"at"') ? [JSON.parse(line) as Line] : []));

test.describe('a request whose client disconnects before it has sent the whole body', () => {
  const PLACES: [string, () => Web, string][] = [
    ['the API past the framework', () => past!, '/api/v1/members'],
    ['the API through the framework', () => through!, '/api/v1/members'],
    ['the pages', () => past!, '/api/trpc/members.createMember'],
    ['sign-in', () => past!, '/api/auth/callback/credentials'],
  ];

  for (const [place, web, path] of PLACES)
    test(`is logged as aborted, not as a server error: ${place}`, async () => {
      const before = linesOf(web()).length;
      await abortRequest(web(), path, [`Authorization: Bearer ${team!.apiKey}`]);
      const logged = () => linesOf(web()).slice(before);
      await until(
        () => web().web.output(),
        60_000,
        () => logged().some(({ msg }) => msg === 'request aborted'),
      );
      expect(logged().find(({ msg }) => msg === 'request aborted')).toMatchObject({ level: 'info', status: 499 });
      expect(logged().filter(({ level }) => level !== 'info')).toEqual([]);
      expect(web().web.output()).not.toMatch(/unexpected error|"unavailable"|Unhandled|ECONNRESET|aborted\n/);
    });
});
