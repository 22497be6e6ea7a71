import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** Exit code that tells the start script not to restart, because the settings must change first. */
export const EXIT_CONFIG = 78;

/** Invalid settings: every bad variable by name, with what to do. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  constructor(readonly problems: string[]) {
    super(`Purser cannot start with these settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/** The kinds of carriers. Their settings are checked by the carrier itself. */
export const CARRIERS = ['sandbox', 'kannel', 'smpp', 'twilio', 'vonage', 'telnyx', 'sms-to', 'seven', 'http'] as const;

const route = z.strictObject({
  carrier: z.string(),
  countries: z.array(z.string().regex(/^[A-Z]{2}$/, 'must be ISO 3166-1 codes such as US')).optional(),
  prefixes: z.array(z.string().regex(/^\+[0-9]{1,15}$/, 'must be beginnings of numbers such as +1415')).optional(),
  senders: z.array(z.string()).optional(),
  maxPerSecond: z.number().positive().optional(),
});

const carriersFile = z
  .strictObject({
    carriers: z.record(
      z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and hyphens'),
      z.strictObject({ kind: z.enum(CARRIERS), settings: z.record(z.string(), z.unknown()).default({}) }),
    ),
    routes: z.array(route).min(1, 'must have at least one route'),
  })
  .superRefine(({ carriers, routes }, ctx) => {
    const unknown = routes.find(({ carrier }) => !(carrier in carriers));
    if (unknown) ctx.addIssue({ code: 'custom', message: `has a route to ${unknown.carrier}, which is not in it` });
    const { carrier: _, maxPerSecond: __, ...conditions } = routes.at(-1) ?? { carrier: '' };
    if (Object.values(conditions).some(Boolean))
      ctx.addIssue({ code: 'custom', message: 'must end with a route without conditions, for all other messages' });
  });
type CarriersFile = z.output<typeof carriersFile>;

/** Settings of outgoing email. `apiUrl` is Resend's address, `webhookSecret` verifies the signature of its reports. */
export type MailSettings =
  | { way: 'resend'; from: string; apiKey: string; apiUrl: string | null; webhookSecret: string | null }
  | { way: 'smtp'; from: string; url: string }
  | { way: 'mailbox'; from: string };

export type Env = {
  /** Connects as the application's role; may use a pooler. */
  databaseUrl: string;
  /** Connects directly as the owner of the tables, for migrations and the worker. */
  ownerUrl: string;
  /** Connects directly, for LISTEN. */
  directUrl: string;
  host: string;
  port: number;
  /** The public address, used in emailed links. */
  appUrl: string;
  /** True if `appUrl` is https: then cookies are secure and browsers are told to use https only. */
  https: boolean;
  /** Allows plain http outside a demo. */
  allowHttp: boolean;
  demo: boolean;
  /** Whole days of history that the demo begins with. */
  demoDays: number;
  secret: string;
  /** The carriers of the installation by name. */
  carriers: CarriersFile['carriers'];
  /** The routes of the installation, tried in this order. The last one takes every message. */
  routes: CarriersFile['routes'];
  /** Requests per second and team, over all web processes. */
  rateLimit: number;
  webProcesses: number;
  /** Milliseconds for which a terminating web process still accepts new connections. */
  shutdownGraceMs: number;
  poolSize: number;
  /** The proxies whose `X-Forwarded-…` headers are believed: their number in a row, or their networks (CIDR). */
  trustProxy: number | string[];
  /** Serves the API without the web framework. */
  apiFront: boolean;
  messageValidityHours: number;
  /** Outgoing email; null for none. */
  mail: MailSettings | null;
  /** `open` lets any visitor create a team. */
  signUp: 'open' | 'closed';
  /** Full months for which the message log is kept after a month's end; 0 means forever. */
  logRetentionMonths: number;
};

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/.+/, 'must be a Postgres URL, postgres://user:password@host/database');

const flag = (fallback: '0' | '1') =>
  z
    .enum(['0', '1', 'false', 'true'], 'must be 1 or 0')
    .default(fallback)
    .transform((value) => value === '1' || value === 'true');

/** Returns an address or a network as CIDR, or null. Null also for a network of all addresses, which any client is in. */
function cidrOf(text: string): string | null {
  const [address = '', bits] = text.split('/');
  if (isIP(address) === 0) return null;
  if (bits === undefined) return `${address}/${isIP(address) === 4 ? 32 : 128}`;
  return ipaddr.isValidCIDR(text) && Number(bits) > 0 ? text : null;
}

const proxies = z
  .string()
  .default('0')
  .transform((text, ctx): number | string[] => {
    if (text === 'true' || text === 'false') return Number(text === 'true');
    if (/^[0-9]$/.test(text)) return Number(text);
    const networks = text.split(',').map((part) => cidrOf(part.trim()));
    if (networks.every((network) => network !== null)) return networks;
    ctx.addIssue('must be 0, the number of proxies in a row (1 to 9), or their networks: 10.0.0.0/8,2001:db8::1');
    return z.NEVER;
  });

const whole = (from: number, to: number, fallback: number) =>
  z
    .string()
    .regex(/^[0-9]{1,9}$/, `must be a whole number from ${from} to ${to}`)
    .default(String(fallback))
    .transform(Number)
    .refine((value) => value >= from && value <= to, `must be a whole number from ${from} to ${to}`);

const secretAdvice = 'create one with: openssl rand -base64 32';

/** Returns whether a secret is easy to guess: few different characters, a repeated block, a run, a sample value. */
function isGuessable(secret: string): boolean {
  const codes = Array.from({ length: secret.length }, (_, index) => secret.charCodeAt(index));
  const steps = codes.slice(1).map((code, index) => Math.abs(code - (codes[index] ?? 0)));
  const runs = steps.filter((step) => step <= 1).length;
  // A repeated block: the text occurs in its own doubling without the first and last character.
  const repeated = (secret + secret).slice(1, -1).includes(secret);
  const sample = /change.?me|example|placeholder|your.?secret|password/i.test(secret);
  return new Set(codes).size < 8 || runs > steps.length / 2 || repeated || sample;
}

function missing(name: string): string {
  if (name === 'PURSER_SECRET') return `must be set; ${secretAdvice}`;
  return 'must be set: the URL of a Postgres 15 or newer';
}

const schema = z.object({
  DATABASE_URL: postgresUrl,
  DATABASE_OWNER_URL: postgresUrl.optional(),
  DATABASE_DIRECT_URL: postgresUrl.optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(1, 65_535, 3000),
  APP_URL: z.url({ protocol: /^https?$/, error: 'must be an address such as https://purser.example.com' }).optional(),
  PURSER_DEMO: flag('0'),
  PURSER_DEMO_DAYS: whole(1, 90, 90),
  PURSER_SECRET: z
    .string()
    .min(32, `must have at least 32 characters; ${secretAdvice}`)
    .refine((secret) => secret.length < 32 || !isGuessable(secret), `is easy to guess; ${secretAdvice}`),
  CARRIER: z.enum(CARRIERS, `must be one of: ${CARRIERS.join(', ')}`).optional(),
  CARRIER_SETTINGS: z.string().optional(),
  CARRIERS_FILE: z.string().optional(),
  RATE_LIMIT: whole(1, 1_000_000, 200),
  WEB_PROCESSES: whole(1, 10_000, 1),
  SHUTDOWN_GRACE_SECONDS: whole(0, 300, 1),
  DATABASE_POOL_SIZE: whole(1, 1000, 10),
  TRUST_PROXY: proxies,
  ALLOW_HTTP: flag('0'),
  API_FRONT: flag('1'),
  MESSAGE_VALIDITY_HOURS: whole(1, 8760, 72),
  LOG_RETENTION_MONTHS: whole(0, 240, 0),
  RESEND_API_KEY: z.string().optional(),
  RESEND_API_URL: z.url({ protocol: /^https?$/, error: 'must be an address' }).optional(),
  RESEND_WEBHOOK_SECRET: z
    .string()
    .startsWith('whsec_', 'must begin with whsec_; Resend shows it next to the webhook')
    .optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'must be smtp://user:password@host:port, or smtps://…' }).optional(),
  MAIL_FROM: z
    .string()
    .regex(
      /^[^\p{Cc}<>]*<[^\s<>@]+@[^\s<>@]+>$|^[^\s<>@]+@[^\s<>@]+$/u,
      'must be an address, or a name with one: Acme <mail@acme.com>',
    )
    .optional(),
  SIGN_UP: z.enum(['open', 'closed'], 'must be open or closed').default('closed'),
});

function mailOf(value: z.output<typeof schema>, appUrl: string): MailSettings | null {
  const from = value.MAIL_FROM ?? `Purser <purser@${new URL(appUrl).hostname}>`;
  if (value.RESEND_API_KEY !== undefined) {
    const [apiUrl, webhookSecret] = [value.RESEND_API_URL ?? null, value.RESEND_WEBHOOK_SECRET ?? null];
    return { way: 'resend', from, apiKey: value.RESEND_API_KEY, apiUrl, webhookSecret };
  }
  if (value.SMTP_URL !== undefined) return { way: 'smtp', from, url: value.SMTP_URL };
  return value.PURSER_DEMO ? { way: 'mailbox', from } : null;
}

/** Reads the carriers and routes from CARRIERS_FILE, or one carrier from CARRIER and CARRIER_SETTINGS. */
function carriersOf(
  given: Record<string, string | undefined>,
  demo: boolean,
  problems: string[],
): Pick<Env, 'carriers' | 'routes'> {
  const { CARRIER: kind = 'sandbox', CARRIER_SETTINGS: text, CARRIERS_FILE: path } = given;
  const none = { carriers: {}, routes: [] };
  if (path === undefined && given['CARRIER'] === undefined && !demo) {
    problems.push(`CARRIER must be set: ${CARRIERS.join(', ')}; or CARRIERS_FILE for several`);
    return none;
  }
  const name = path === undefined ? 'CARRIER_SETTINGS' : 'CARRIERS_FILE';
  try {
    const read: unknown = JSON.parse(path === undefined ? (text ?? '{}') : readFileSync(path, 'utf8'));
    const whole =
      path === undefined ? { carriers: { [kind]: { kind, settings: read } }, routes: [{ carrier: kind }] } : read;
    const parsed = carriersFile.safeParse(whole);
    if (parsed.success) return parsed.data;
    for (const { path: at, message } of parsed.error.issues) problems.push(`${name} ${at.join('.')} ${message}`);
  } catch (error) {
    problems.push(`${name} is not readable as JSON: ${error instanceof Error ? error.message : 'unknown'}`);
  }
  return none;
}

/**
 * Reads the settings from environment variables.
 * @throws ConfigError that names every invalid variable
 */
export function parseEnv(source: Record<string, string | undefined>): Env {
  // An empty value (`NAME=` in a shell or a compose file) counts as not set.
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  const problems = (parsed.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    return `${name} ${given[name] === undefined ? missing(name) : issue.message}`;
  });
  const demo = given['PURSER_DEMO'] === '1' || given['PURSER_DEMO'] === 'true';
  const ways = carriersOf(given, demo, problems);
  if (!parsed.success || problems.length > 0) throw new ConfigError([...new Set(problems)]);
  const value = parsed.data;
  const appUrl = (value.APP_URL ?? `http://localhost:${value.PORT}`).replace(/\/+$/, '');
  return {
    databaseUrl: value.DATABASE_URL,
    ownerUrl: value.DATABASE_OWNER_URL ?? value.DATABASE_URL,
    directUrl: value.DATABASE_DIRECT_URL ?? value.DATABASE_URL,
    host: value.HOST,
    port: value.PORT,
    appUrl,
    https: appUrl.startsWith('https:'),
    allowHttp: value.ALLOW_HTTP,
    demo: value.PURSER_DEMO,
    secret: value.PURSER_SECRET,
    ...ways,
    rateLimit: value.RATE_LIMIT,
    webProcesses: value.WEB_PROCESSES,
    shutdownGraceMs: value.SHUTDOWN_GRACE_SECONDS * 1000,
    poolSize: value.DATABASE_POOL_SIZE,
    trustProxy: value.TRUST_PROXY,
    apiFront: value.API_FRONT,
    messageValidityHours: value.MESSAGE_VALIDITY_HOURS,
    demoDays: value.PURSER_DEMO_DAYS,
    logRetentionMonths: value.LOG_RETENTION_MONTHS,
    mail: mailOf(value, appUrl),
    signUp: value.SIGN_UP,
  };
}

let settings: Env | undefined;

/**
 * Returns the settings of this process, read once.
 * @throws ConfigError
 */
export function env(): Env {
  settings ??= parseEnv(process.env);
  return settings;
}

/**
 * Refuses to serve passwords and keys without encryption: outside a demo, `appUrl` must be https or `ALLOW_HTTP` set.
 * @throws ConfigError
 */
export function mustBeSafeToServe({ demo, https, allowHttp }: Env): void {
  if (demo || https || allowHttp) return;
  throw new ConfigError([
    'APP_URL must be the public https address of this service; set ALLOW_HTTP=1 to allow plain http',
  ]);
}

/**
 * Lets next-auth take its address from each request, whose host the server has checked, so that sign-in works under every
 * name of this site. next-auth reads this setting only from the environment.
 */
export function takeAddressFromRequests(): void {
  process.env['AUTH_TRUST_HOST'] = '1';
  delete process.env['NEXTAUTH_URL'];
}

/** Returns the directory from which the operator runs the command; paths are relative to it. */
export const callerDirectory = (): string => process.env['INIT_CWD'] ?? process.cwd();
