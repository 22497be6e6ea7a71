import { Pool } from 'pg';
import { services } from '@/server/http/services';
import { makeCrowd, median, type BenchTeam } from './world';

const SECONDS = Number(process.argv[2] ?? 6);
const SIZES = [100, 10_000];
const WARM_ROUNDS = 10;
const URL_OF_WEB = process.env['BENCH_URL']!;

/** Signs an owner in and returns the cookies. */
async function signIn({ email, password }: BenchTeam['owner']): Promise<string> {
  const asked = await fetch(`${URL_OF_WEB}/api/auth/csrf`);
  const { csrfToken }: { csrfToken: string } = await asked.json();
  const answer = await fetch(`${URL_OF_WEB}/api/auth/callback/credentials`, {
    method: 'POST',
    body: new URLSearchParams({ email, password, csrfToken, json: 'true' }),
    headers: { Cookie: cookiesOf(asked), Origin: URL_OF_WEB },
    redirect: 'manual',
  });
  if (!/session/.test(cookiesOf(answer))) throw new Error(`The owner cannot sign in: ${answer.status}`);
  return cookiesOf(answer);
}

const cookiesOf = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');

/** Returns the milliseconds until a page has arrived whole; fails when it lacks the expected text. */
async function timeOf({ path, cookie, holds }: Ask): Promise<number> {
  const began = performance.now();
  const answer = await fetch(`${URL_OF_WEB}${path}`, { headers: { Cookie: cookie }, redirect: 'manual' });
  const text = await answer.text();
  const took = performance.now() - began;
  if (answer.status !== 200 || !text.includes(holds)) throw new Error(`${path} is not the page: ${answer.status}`);
  return took;
}

const VIEWS: Record<string, string> = {
  'the page of members': '',
  '…, by balance': '?sort=balance',
  '…, found by a part of a name': '?q=ber',
};

type Ask = { path: string; cookie: string; holds: string; times: number[] };

const BARE: Ask = { path: '/sign-in', cookie: '', holds: 'Sign in', times: [] };

/** Measures, in turn on the same machine, the members page of a small and of a large team, and a page without data. */
async function main(): Promise<void> {
  const owner = new Pool({ connectionString: process.env['DATABASE_OWNER_URL'], max: 1 });
  const teams: BenchTeam[] = [];
  for (const size of SIZES) teams.push(await makeCrowd(owner, size));
  await owner.end();
  const cookies = await Promise.all(teams.map((team) => signIn(team.owner)));
  const asks = Object.values(VIEWS).map((query) =>
    teams.map(({ slug }, i): Ask => {
      const path = `/${slug}/members${query}`;
      return { path, cookie: cookies[i]!, holds: 'members</span>', times: [] };
    }),
  );
  const round = async () => {
    for (const ask of [BARE, ...asks.flat()]) ask.times.push(await timeOf(ask));
  };
  for (let warm = 0; warm < WARM_ROUNDS; warm++) await round();
  for (const end = performance.now() + SECONDS * 1000; performance.now() < end;) await round();
  const took = ({ times }: Ask) => median(times.slice(WARM_ROUNDS));
  const rounds = BARE.times.length - WARM_ROUNDS;
  console.log(
    `\nPages as a signed-in owner is sent them, one caller, medians of ${rounds}: ${SIZES.join(' and ')} members`,
  );
  console.log(`  ${'a page without data: /sign-in'.padEnd(30)} ${took(BARE).toFixed(1).padStart(6)} ms`);
  for (const [i, name] of Object.keys(VIEWS).entries()) {
    const [small, large] = asks[i]!.map(took);
    const ratio = `× ${(large! / small!).toFixed(2)}, × ${(large! / took(BARE)).toFixed(2)} of the page without data`;
    console.log(
      `  ${name.padEnd(30)} ${small!.toFixed(1).padStart(6)} ms ${large!.toFixed(1).padStart(6)} ms  ${ratio}`,
    );
  }
  await services().database.pool.end();
}

await main();
