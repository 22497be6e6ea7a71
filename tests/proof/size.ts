import { appendFileSync } from 'node:fs';
import { makeRandom, type Random } from './random';

/** True for the long form of the proofs: `npm run proof` sets it, `npm test` does not. */
export const IS_LONG = process.env['PROOF'] === 'long';

const size = (short: number, long: number): number => (IS_LONG ? long : short);

/**
 * How much each proof does: the first figure in `npm test`, where all proofs together take seconds, the second in
 * `npm run proof`. A share below 1 is drawn by each run's seed, so that runs together cover the whole.
 */
export const SIZE = {
  /** S1: operations of all clients together. */
  bankOperations: size(726, 200_000),
  /** S2: stories run against the product and its model. */
  modelStories: size(60, 10_000),
  /** S3: requests with one Idempotency-Key at the same time. */
  retriesAtOnce: size(10, 50),
  /** S7: the share of the crash points of each command. */
  crashShare: size(0.15, 1),
  /** S8: the share of the pairs of commands, and how often each pair is raced. */
  pairsShare: size(0.15, 1),
  pairsRaces: size(1, 50),
  /** S11: broken requests. */
  fuzzRequests: size(2_500, 1_000_000),
  /** S14: charges that are paid. */
  rechargeCharges: size(900, 50_000),
  /** S18: the share of the inputs. */
  hostileShare: size(0.15, 1),
};

/** For a proof's own time limit: a long form may take hours, and a short one takes a minute on a busy machine. */
export const PROOF_TIMEOUT_MS = IS_LONG ? 6 * 3_600_000 : 300_000;

/** One run of a proof, whose random choices all come from its seed. */
export type Proof = {
  seed: number;
  random: Random;
  /** Says what was done: `npm run proof` shows one such line for each proof. */
  report: (figure: string) => void;
};

/**
 * Begins a proof, by its number and name ('S1 bank'). Its seed is printed, and given back in PROOF_SEED repeats the run.
 */
export function beginProof(name: string): Proof {
  const seed = Number(process.env['PROOF_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`${name}: PROOF_SEED=${seed}`);
  const began = performance.now();
  const report = (figure: string) => {
    const line = `${name}: ${figure} (${((performance.now() - began) / 1_000).toFixed(1)} s, seed ${seed})`;
    console.log(line);
    const file = process.env['PROOF_REPORT'];
    if (file) appendFileSync(file, `${line}\n`);
  };
  return { seed, random: makeRandom(seed), report };
}

/** Draws a share of a list, of each kind at least one; the list itself where the share is 1. */
export function drawShare<T>(random: Random, list: readonly T[], share: number, kindsOf: (item: T) => string[]): T[] {
  if (share >= 1) return [...list];
  const shuffled = random.shuffle(list);
  const count = Math.ceil(list.length * share);
  const missing = new Set(shuffled.slice(count).flatMap(kindsOf));
  const drawn = shuffled.slice(0, count);
  for (const kind of drawn.flatMap(kindsOf)) missing.delete(kind);
  for (const item of shuffled.slice(count)) {
    const kinds = kindsOf(item);
    if (!kinds.some((kind) => missing.has(kind))) continue;
    drawn.push(item);
    for (const kind of kinds) missing.delete(kind);
  }
  return drawn;
}
