import { and, eq, gt, inArray, isNull } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { mailedLinks, users } from '@/db/schema/users';
import { newUuid7 } from '@/server/domain/core/ids';
import { LINK_HOURS, type LinkKind } from './rules';
import { type Services } from '@/server/domain/core/context';
import { findEmailLinkById } from './read';
import { queueMail } from '@/server/domain/notifications/emails/write';
import { inUserTransaction, type VisitorContext } from '@/server/domain/core/user-context';
import { networkOf } from '../login-throttle/rules';
import { accountKey, enforceThrottle } from '../login-throttle/write';
import type { Done } from '@/server/domain/core/codecs';
import { enqueue } from '@/server/domain/core/transaction';

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

export async function requestLink(ctx: VisitorContext, kind: LinkKind, email: string): Promise<Done> {
  const { address } = ctx.origin;
  await enforceThrottle(ctx, 'asked', networkOf(address));
  await enforceThrottle(ctx, 'mailed', accountKey(email));
  return inUserTransaction(ctx, async (tx) => {
    enqueue(tx, 'mail-link', { linkId: await makeLink(tx, { kind, email, address }) });
    return { done: true };
  });
}

/** Mails a link that was asked for, if it is for somebody: a password is that of an account. Repeated, it mails again. */
export async function mailLink(services: Services, linkId: string): Promise<void> {
  const link = await findEmailLinkById(services, linkId);
  if (!link) return;
  const { kind, email } = link;
  const { db } = services.database;
  const [user] = await db.select({ id: users.id }).from(users).where(eq(users.email, email));
  if (kind === 'reset' && !user) return;
  const mail = { kind: kind === 'reset' ? ('password-reset' as const) : kind, address: email, about: linkId };
  await inUserTransaction(services, (tx) => queueMail(tx, { ...mail, userId: user?.id ?? null }));
}
