import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const NONCE_FIELD = 'x-purser-nonce';
const PATH_FIELD = 'x-purser-path';
const POLICY_FIELD = 'content-security-policy';

/** The headers of every response. */
const OF_ALL = { 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin' };

const OF_PAGES = {
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
};

const HSTS = 'max-age=31536000';

/**
 * Sets the content security policy on the response for the browser, and its nonce on the request for the framework,
 * which adds it to scripts, and for the layout, which adds it to styles. Removes such fields sent by a client.
 */
export function guardPage(
  req: IncomingMessage,
  res: ServerResponse,
  { https, dev }: { https: boolean; dev: boolean },
): void {
  const put = (fields: Record<string, string>) => {
    for (const [name, value] of Object.entries(fields)) res.setHeader(name, value);
  };
  put(OF_ALL);
  if (https) res.setHeader('Strict-Transport-Security', HSTS);
  // Scripts and styles contain no page, so the policy would be a wasted kilobyte on each of twenty files.
  if (req.url?.startsWith('/_next/static/')) return;
  const nonce = randomBytes(16).toString('base64');
  const policy = policyOf(nonce, dev);
  req.headers[NONCE_FIELD] = nonce;
  req.headers[PATH_FIELD] = pathOf(req.url ?? '/');
  req.headers[POLICY_FIELD] = policy;
  delete req.headers[`${POLICY_FIELD}-report-only`];
  res.setHeader('Content-Security-Policy', policy);
  put(OF_PAGES);
}

// Removes the parameter with which the framework fetches part of a page, so that the address is the one a user would
// type.
const pathOf = (target: string): string => target.replace(/([?&])_rsc=[^&]*&?/, '$1').replace(/[?&]$/, '');

// Components write style attributes, so these are allowed; elements need the nonce. The development server also
// compiles scripts and inserts styles itself.
const policyOf = (nonce: string, dev: boolean): string =>
  [
    `default-src 'self'`,
    `script-src 'nonce-${nonce}' 'strict-dynamic'${dev ? ` 'unsafe-eval'` : ''}`,
    dev ? `style-src-elem 'self' 'unsafe-inline'` : `style-src-elem 'self' 'nonce-${nonce}'`,
    `style-src-attr 'unsafe-inline'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src 'self'`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ].join('; ');
