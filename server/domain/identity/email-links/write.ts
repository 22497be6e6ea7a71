import { and, eq, gt, inArray, isNull } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { mailedLinks } from '@/db/schema/users';
import { newUuid7 } from '@/server/domain/core/ids';
import { LINK_HOURS, type LinkKind } from './rules';

type Place = { db: Db; now: Date };

/** Makes a link to be mailed to an address; answers its id. Whose the address is, nobody has looked yet. */
export async function makeLink(
  { db, now }: Place,
  link: { kind: LinkKind; email: string; address: string | null },
): Promise<string> {
  const id = newUuid7(now);
  const expiresAt = new Date(now.getTime() + LINK_HOURS[link.kind] * 3_600_000);
  await db.insert(mailedLinks).values({ id, ...link, createdAt: now, expiresAt });
  return id;
}

/** Uses a link up; answers to which address it was mailed, or null: it was used before, or its time is over. */
export async function useUpLink({ db, now }: Place, id: string, kind: LinkKind): Promise<string | null> {
  const [used] = await db
    .update(mailedLinks)
    .set({ usedAt: now })
    .where(
      and(
        eq(mailedLinks.id, id),
        eq(mailedLinks.kind, kind),
        isNull(mailedLinks.usedAt),
        gt(mailedLinks.expiresAt, now),
      ),
    )
    .returning({ email: mailedLinks.email });
  return used?.email ?? null;
}

/** Ends every link of a kind that was mailed to an address. */
export async function endLinks({ db, now }: Place, email: string, kinds: LinkKind[]): Promise<void> {
  await db
    .update(mailedLinks)
    .set({ usedAt: now })
    .where(and(eq(mailedLinks.email, email), inArray(mailedLinks.kind, kinds), isNull(mailedLinks.usedAt)));
}
