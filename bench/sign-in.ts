import { newRequestId } from '@/server/domain/core/ids';
import { hashPassword } from '@/server/domain/core/password-hashing';
import type { VisitorContext } from '@/server/domain/core/user-context';
import { signIn } from '@/server/domain/identity/sessions/write';
import { services } from '@/server/http/services';
import { requestPasswordReset } from '@/server/domain/identity/passwords/write';

/**
 * Measures whether the duration of an answer reveals an account: an address with an account beside an unknown one. A
 * second address with an account shows the noise.
 */
const ROUNDS = Number(process.argv[2] ?? 6) * 20;

/** A difference of more than a twentieth, and of more than twice the noise, is revealing. */
const NOISE = 0.05;

let asked = 0;

/** Makes a visitor from a network of its own, so that no sign-in attempts are used up. */
function visitor(): VisitorContext {
  asked += 1;
  const address = `2001:db8:${(asked >> 16).toString(16)}:${(asked & 0xffff).toString(16)}::1`;
  const origin = { address, agent: 'bench' };
  return { ...services(), mail: 'mailbox', user: null, origin, requestId: newRequestId() };
}

const enter = (email: string): Promise<unknown> => {
  const as = visitor();
  return signIn(as, { email, password: 'not the password at all' }, as.origin);
};

/** Returns the 20th percentile, which other work on the machine hardly affects. */
const quick = (times: number[]): number => times.toSorted((one, other) => one - other)[Math.floor(times.length / 5)]!;

/** Runs the works in turn, each as often first as the others; returns the 20th percentile of each in ms. */
async function timeRotating(works: (() => Promise<unknown>)[], rounds: number): Promise<number[]> {
  const times = works.map((): number[] => []);
  for (let round = -3; round < rounds; round += 1) {
    for (let i = 0; i < works.length; i += 1) {
      const which = (i + round + works.length * 3) % works.length;
      const began = performance.now();
      await works[which]!();
      if (round >= 0) times[which]!.push(performance.now() - began);
    }
  }
  return times.map(quick);
}

// Uses a new address each time, as an account has a limited number of sign-in attempts.
const email = (n: number) => `bench-${n}-${Date.now()}@example.test`;
const known = Array.from({ length: 22 * ROUNDS + 24 }, (_, n) => email(n));
await services().database.pool.query(
  `INSERT INTO users (id, email, name, password_hash) SELECT uuid7(), email, 'Bench', $2 FROM unnest($1::text[]) email`,
  [known, await hashPassword('correct horse battery')],
);
const somebody = () => known.pop()!;
const nobody = () => email(1_000_000 + asked);

console.log(`\nAn address that has an account, another, and one that nobody has (in turn; the second of ten)`);
const WORKS = [
  { name: 'a sign-in with a wrong password', rounds: ROUNDS, work: enter },
  {
    name: 'a link to set a new password is asked for',
    rounds: 10 * ROUNDS,
    work: (to: string) => requestPasswordReset(visitor(), { email: to }),
  },
];
let isRevealing = false;
for (const { name, rounds, work } of WORKS) {
  const [one = 0, other = 0, none = 0] = await timeRotating(
    [() => work(somebody()), () => work(somebody()), () => work(nobody())],
    rounds,
  );
  const [noise, ratio] = [other / one, none / one];
  isRevealing ||= Math.abs(ratio - 1) > Math.max(NOISE, 2 * Math.abs(noise - 1));
  const ms = [one, other, none].map((time) => `${time.toFixed(2)} ms`).join('  ');
  console.log(`  ${name.padEnd(44)} ${ms}  noise ${noise.toFixed(3)}  nobody's ${ratio.toFixed(3)}`);
}
console.log(isRevealing ? 'The time TELLS whether there is an account.' : 'Within noise.');
process.exit(isRevealing ? 1 : 0);
