import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../start/files.mjs';
import { Owned, takeOwnership } from '../embedded-postgres/ownership.mjs';
import { sleep } from './identity.mjs';

/**
 * Runs `work` while no other process of this checkout runs its own under the same name; waits for the other one.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(name, work) {
  // The lock lies outside the checkout, because npm ci and next build empty the directories that could hold it.
  const place = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const base = join(tmpdir(), `purser-${process.getuid?.() ?? 'user'}-${place}`);
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const dir = join(base, name);
  for (let isAnnounced = false; ; await sleep(300)) {
    const held = await takeOwnership(dir).catch((/** @type {unknown} */ error) => {
      if (error instanceof Owned) return error;
      throw error;
    });
    if (!(held instanceof Owned)) return work().finally(held.release);
    if (!isAnnounced) console.error(`Waiting for process ${held.pid}, which is running the same step (${name}) …`);
    isAnnounced = true;
  }
}
