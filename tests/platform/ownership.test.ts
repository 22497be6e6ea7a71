import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { takeOwnership } from '@/scripts/embedded-postgres/ownership.mjs';

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** Starts another process that owns a data directory for that time. */
async function ownedBy(note: object, ms: number): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'purser-owned-'));
  dirs.push(dir);
  const script = `
    const { takeOwnership } = await import(${JSON.stringify(join(import.meta.dirname, '../../scripts/embedded-postgres/ownership.mjs'))});
    await takeOwnership(${JSON.stringify(dir)}, ${JSON.stringify(note)});
    console.log('owns');
    setTimeout(() => process.exit(), ${ms});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return dir;
}

describe('a data directory that another start owns', () => {
  it('is waited for while that start is ending', async () => {
    const dir = await ownedBy({ port: 4321, ending: true }, 700);
    const began = Date.now();
    const { fresh, release } = await takeOwnership(dir);
    expect([fresh, Date.now() - began > 300]).toEqual([true, true]);
    release();
  });

  it('is refused at once while that start goes on, and the error names it', async () => {
    const dir = await ownedBy({ port: 4321 }, 2_000);
    const began = Date.now();
    await expect(takeOwnership(dir)).rejects.toThrow(/already runs on the data in .*serving port 4321/);
    expect(Date.now() - began).toBeLessThan(1_000);
  });
});
