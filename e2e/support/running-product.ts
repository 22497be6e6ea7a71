export type RunningProduct = {
  url: string;
  dataDir: string;
  /** Of the start script. */
  pid: number;
  /** Where operator commands are carried out without a process of their own. */
  operatorUrl: string;
};

const VARIABLE = 'PURSER_E2E_PRODUCT';

/** Hands the running product to the worker processes, which inherit the environment. */
export function setRunningProduct(product: RunningProduct): void {
  process.env[VARIABLE] = JSON.stringify(product);
}

/** Returns the product that the global setup has started. */
export function runningProduct(): RunningProduct {
  const value = process.env[VARIABLE];
  // Tests are only listed: no product runs then.
  if (value === undefined) return { url: 'http://127.0.0.1:0', dataDir: '', pid: 0, operatorUrl: '' };
  return JSON.parse(value);
}
