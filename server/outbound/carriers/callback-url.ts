import { createHmac } from 'node:crypto';

/** Returns the path of a carrier's callbacks. Its last part is derived from the installation's secret, so nobody can guess it. */
export function callbackPath(secret: string, carrier: string): string {
  const token = createHmac('sha256', secret).update(`carrier callback ${carrier}`).digest('base64url').slice(0, 32);
  return `/api/callbacks/carriers/${encodeURIComponent(carrier)}/${token}`;
}
