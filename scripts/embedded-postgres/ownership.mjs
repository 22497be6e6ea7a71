import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateDirectory, readJson, writePrivateJson } from '../start/files.mjs';
import { identity, isSameAlive, sleep } from '../processes/identity.mjs';
import { codeOf, fromFileSystem, Stop } from '../processes/stop.mjs';

/**
 * Runs `work` while no other process runs its own for the same directory.
 * @template T
 * @param {string} dir
 * @param {() => T} work synchronous, so that the guard is held for a moment only
 */
async function guarded(dir, work) {
  const guard = join(dir, 'owner.guard');
  for (;;) {
    try {
      mkdirSync(guard);
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw fromFileSystem(error, dir);
    }
    // A guard is held for milliseconds, so an old one belongs to a process that died.
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 10_000) rmSync(guard, { recursive: true, force: true });
    await sleep(20);
  }
  try {
    return work();
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
}

/** Thrown when the directory has another, living owner. */
export class Owned extends Stop {
  /**
   * @param {{ pid: number, port?: number, databasePort?: number, ending?: boolean }} owner
   * @param {string} dir
   */
  constructor(owner, dir) {
    super(describe(owner, dir));
    this.pid = owner.pid;
    this.ending = owner.ending === true;
  }
}

/** @param {{ pid: number, port?: number, databasePort?: number }} owner @param {string} dir */
function describe(owner, dir) {
  const ports = [
    owner.port && `serving port ${owner.port}`,
    owner.databasePort && `its database on port ${owner.databasePort}`,
  ].filter(Boolean);
  return (
    `Purser already runs on the data in ${dir}: process ${owner.pid}${ports.length ? `, ${ports.join(', ')}` : ''}. ` +
    `Use that one, stop it first (kill ${owner.pid}), or set PURSER_DATA_DIR to another directory.`
  );
}

/**
 * The time to wait for an owner that is ending, in milliseconds: it finishes requests and stops its database cleanly.
 */
const ENDING_MS = 30_000;

/** @typedef {{ port?: number, databasePort?: number, ending?: boolean }} Note */

/**
 * Makes this process the owner of a data directory, or reports the existing owner. A living owner is recognised by its
 * pid and start time; one that is ending is waited for. The owner may call this again to record its ports.
 * @param {string} dir
 * @param {Note} [note]
 * @returns {Promise<{ fresh: boolean, release: () => void }>} whether it was not this process's before; how to let go
 */
export async function takeOwnership(dir, note = {}) {
  for (const end = Date.now() + ENDING_MS; ; await sleep(50)) {
    try {
      return await tryToTake(dir, note);
    } catch (error) {
      if (!(error instanceof Owned && error.ending) || Date.now() > end) throw error;
    }
  }
}

/** @param {string} dir @param {Note} note */
async function tryToTake(dir, note) {
  makePrivateDirectory(dir);
  const file = join(dir, 'owner.json');
  const self = identity(process.pid);
  const mine = () => {
    const owner = readJson(file);
    return owner?.pid === self.pid && owner.started === self.started;
  };
  const fresh = await guarded(dir, () => {
    const owner = readJson(file);
    const held = mine();
    if (!held && isSameAlive(owner)) throw new Owned(owner, dir);
    writePrivateJson(file, { ...(held ? owner : {}), ...self, ...note });
    return !held;
  });
  const release = () => {
    if (mine()) rmSync(file, { force: true });
  };
  return { fresh, release };
}
