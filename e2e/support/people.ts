import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { totpCode, fromBase32, stepAt } from '@/server/domain/identity/two-factor/rules';
import { linkToken, type LinkKind } from '@/server/domain/identity/email-links/rules';
import { makeVault } from '@/server/domain/core/crypto';
import { connectionOf, until } from './product';

/** One statement on the product's database, as the owner of its tables. */
export async function sql<R extends object>(dataDir: string, text: string, values: unknown[] = []): Promise<R[]> {
  const client = new Client({ connectionString: connectionOf(dataDir).ownerUrl });
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** What stands in the newest link that was mailed to an address since; waits for the worker. */
export async function mailedToken(dataDir: string, email: string, kind: LinkKind): Promise<string> {
  let id: string | undefined;
  const mail = kind === 'reset' ? 'password-reset' : kind;
  await until(
    () => `a ${mail} is mailed to ${email}`,
    20_000,
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
  const { PURSER_SECRET } = JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')) as Record<string, string>;
  return linkToken(makeVault(PURSER_SECRET!), id!);
}

/** The code that an authenticator app shows, so many steps from now. */
export const codeNow = (secret: string, beside = 0): string =>
  totpCode(fromBase32(secret.replace(/\s/g, '')), stepAt(new Date()) + beside);
