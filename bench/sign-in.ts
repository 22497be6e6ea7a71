import { askForReset } from '@/server/domain/access/write';
import { newRequestId } from '@/server/domain/ids';
import { hashPassword } from '@/server/domain/members/write';
import type { Guest } from '@/server/domain/person';
import { signIn } from '@/server/domain/sessions/write';
import { services } from '@/server/http/services';
import { timeInTurn } from './timing';

/** What a stranger could tell from the time of an answer: an address that has an account beside one that nobody has. */
const ROUNDS = Number(process.argv[2] ?? 6) * 20;

/** More than a twentieth apart is more than noise. */
const MOST = 1.05;

let asked = 0;

/** Somebody from a network of his own, so that nobody's tries are used up. */
function guest(): Guest {
  asked += 1;
  const address = `2001:db8:${(asked >> 16).toString(16)}:${(asked & 0xffff).toString(16)}::1`;
  const origin = { address, agent: 'bench' };
  return { ...services(), mail: 'mailbox', person: null, origin, requestId: newRequestId() };
}

const enter = (email: string) => {
  const as = guest();
  return signIn(as, { email, password: 'not the password at all' }, as.origin);
};

/** Every address is another: an account's own tries would end after so many. */
const nobody = () => `nobody-${asked}-${Date.now()}@example.test`;

const { pool } = services().database;
const known: string[] = [];
for (let i = 0; i < 2 * ROUNDS + 20; i += 1) known.push(`bench-${i}-${Date.now()}@example.test`);
await pool.query(
  `INSERT INTO users (id, email, name, password_hash) SELECT uuid7(), email, 'Bench', $2 FROM unnest($1::text[]) email`,
  [known, await hashPassword('correct horse battery')],
);
const somebody = () => known.pop()!;

console.log(`\nAn address that has an account, beside one that nobody has (medians of ${ROUNDS} in turn)`);
const works = [
  { name: 'a sign-in with a wrong password', work: enter },
  { name: 'a link to set a new password is asked for', work: (email: string) => askForReset(guest(), { email }) },
];
let isEven = true;
for (const { name, work } of works) {
  const [there = 0, not = 0] = await timeInTurn([() => work(somebody()), () => work(nobody())], ROUNDS);
  const ratio = there / not;
  isEven &&= ratio < MOST && ratio > 1 / MOST;
  console.log(`  ${name.padEnd(44)} ${there.toFixed(2)} ms ${not.toFixed(2)} ms  ${ratio.toFixed(3)}`);
}
console.log(isEven ? 'Within noise.' : 'NOT within noise.');
process.exit(isEven ? 0 : 1);
