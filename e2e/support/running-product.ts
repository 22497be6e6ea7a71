export type RunningProduct = {
  url: string;
  dataDir: string;
  /** The process id of the start script. */
  pid: number;
  /** The address of the process that runs operator commands. */
  operatorUrl: string;
};

const VARIABLE = 'PURSER_E2E_PRODUCT';

/** Passes the running product to the worker processes, which inherit the environment. */
export function setRunningProduct(product: RunningProduct): void {
  process.env[VARIABLE] = JSON.stringify(product);
}

/** Returns the product that the global setup has started. */
export function runningProduct(): RunningProduct {
  const value = process.env[VARIABLE];
  // No product runs while tests are only listed.
  if (value === undefined) return { url: 'http://127.0.0.1:0', dataDir: '', pid: 0, operatorUrl: '' };
  return JSON.parse(value);
}
