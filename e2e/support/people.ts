import { TOTP } from 'otpauth';
import { linkToken, type LinkKind } from '@/server/domain/identity/email-links/rules';
import { makeVault, type Vault } from '@/server/domain/core/crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'next-auth/jwt';
import { Pool } from 'pg';
import { connectionOf, until } from './product';

const pools = new Map<string, Pool>();

/** Returns this process's connection pool for a product's database, as the owner of its tables. */
function poolOf(dataDir: string): Pool {
  const { ownerUrl } = connectionOf(dataDir);
  const pool = pools.get(ownerUrl) ?? new Pool({ connectionString: ownerUrl, max: 2, allowExitOnIdle: true });
  if (!pools.has(ownerUrl)) pool.on('error', () => pools.delete(ownerUrl));
  pools.set(ownerUrl, pool);
  return pool;
}

/** Runs one statement on the product's database, as the owner of its tables. */
export async function sql<R extends object>(dataDir: string, text: string, values: unknown[] = []): Promise<R[]> {
  return (await poolOf(dataDir).query<R>(text, values)).rows;
}

const vaultOf = (dataDir: string): Vault =>
  makeVault(
    (JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')) as { PURSER_SECRET: string }).PURSER_SECRET,
  );

/** The user agent of the sessions. */
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36';

/**
 * Creates a session for a user, as signing in does, and returns the value of its cookie. Hashing a password for each
 * sign-in would take most of the time of the tests.
 */
export async function openSession(dataDir: string, email: string): Promise<string> {
  const [session] = await sql<{ id: string }>(
    dataDir,
    `INSERT INTO sessions (id, user_id, expires_at, address, agent)
     SELECT uuid7(now()), id, now() + interval '30 days', '127.0.0.1', $2 FROM users WHERE email = $1 RETURNING id`,
    [email, AGENT],
  );
  if (!session) throw new Error(`No user has the address ${email}.`);
  return encode({ token: { sid: session.id }, secret: vaultOf(dataDir).secretFor('sign-in') });
}

/** Returns the token of the newest link of a kind that was emailed to an address; waits for the worker. */
export async function mailedToken(dataDir: string, email: string, kind: LinkKind): Promise<string> {
  let id: string | undefined;
  const mail = kind === 'reset' ? 'password-reset' : kind;
  await until(
    () => `a ${mail} is mailed to ${email}`,
    60_000,
    async () => {
      const rows = await sql<{ id: string }>(
        dataDir,
        `SELECT l.id FROM mails m JOIN mailed_links l ON l.id = m.about AND l.used_at IS NULL
       WHERE m.address = $1 AND m.kind = $2 ORDER BY l.id DESC LIMIT 1`,
        [email, mail],
      );
      id = rows[0]?.id;
      return id !== undefined;
    },
  );
  return linkToken(vaultOf(dataDir), id!);
}

/** Returns the code that an authenticator app shows, `beside` steps from now. */
export const codeNow = (secret: string, beside = 0): string =>
  new TOTP({ secret: secret.replace(/\s/g, '') }).generate({ timestamp: Date.now() + beside * 30_000 });
