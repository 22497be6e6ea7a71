import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOperator, startProduct } from './product';
import { setRunningProduct } from './running-product';

/** The limit for a start, in milliseconds: building the pages takes half a minute, and minutes on a busy machine. */
const BUILD_MS = 900_000;

/** Starts the product (which builds missing pages) in an empty data directory, and ends it after the last test. */
export default async function setup(): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'purser-e2e-'));
  const product = await startProduct(dataDir, {}, BUILD_MS);
  // Playwright exits at once on this signal, without its teardown.
  process.once('SIGTERM', () => void product.stop().finally(() => process.exit(143)));
  const operator = await startOperator(dataDir);
  setRunningProduct({ url: product.url, dataDir, pid: product.pid, operatorUrl: operator.url });
  return async () => {
    operator.child.kill('SIGKILL');
    const { code, output } = await product.stop();
    rmSync(dataDir, { recursive: true, force: true });
    if (code !== 0) throw new Error(`The product ended with ${code}:\n${output}`);
  };
}
