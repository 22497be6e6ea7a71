import { and, eq, sql } from 'drizzle-orm';
import { mailedLinks } from '@/db/schema/users';
import type { Services } from '@/server/domain/core/context';
import { parseLinkToken, type LinkKind } from './rules';

/** Finds the unused, unexpired link of a token, or returns null. Does not use it up. */
export async function findEmailLink(
  { database, vault }: Services,
  token: string,
  kind: LinkKind,
): Promise<{ id: string; email: string } | null> {
  const id = parseLinkToken(vault, token);
  if (id === null) return null;
  const { db } = database;
  const [link] = await db
    .select({ id: mailedLinks.id, email: mailedLinks.email })
    .from(mailedLinks)
    .where(
      and(
        eq(mailedLinks.id, id),
        eq(mailedLinks.kind, kind),
        sql`${mailedLinks.usedAt} IS NULL AND ${mailedLinks.expiresAt} > now()`,
      ),
    );
  return link ?? null;
}

/** Finds the kind and address of a link that is to be mailed, or returns null. */
export async function findEmailLinkById(
  { database }: Services,
  id: string,
): Promise<{ kind: LinkKind; email: string } | null> {
  const { db } = database;
  const [link] = await db
    .select({ kind: mailedLinks.kind, email: mailedLinks.email })
    .from(mailedLinks)
    .where(eq(mailedLinks.id, id));
  return link ?? null;
}
