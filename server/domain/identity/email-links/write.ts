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

type Tx = { db: Db; now: Date };

/** Creates a link to be emailed and returns its id. Does not check whether the address belongs to a user. */
export async function makeLink(
  { db, now }: Tx,
  link: { kind: LinkKind; email: string; address: string | null },
): Promise<string> {
  const id = newUuid7(now);
  const expiresAt = new Date(now.getTime() + LINK_HOURS[link.kind] * 3_600_000);
  await db.insert(mailedLinks).values({ id, ...link, createdAt: now, expiresAt });
  return id;
}

/** Uses up a link and returns the address to which it was emailed, or null if it was used before or has expired. */
export async function useUpLink({ db, now }: Tx, id: string, kind: LinkKind): Promise<string | null> {
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

/** Ends every link of these kinds that was emailed to an address. */
export async function endLinks({ db, now }: Tx, email: string, kinds: LinkKind[]): Promise<void> {
  await db
    .update(mailedLinks)
    .set({ usedAt: now })
    .where(and(eq(mailedLinks.email, email), inArray(mailedLinks.kind, kinds), isNull(mailedLinks.usedAt)));
}

/**
 * Creates a link and queues its email. The work is the same for known and unknown addresses.
 * @throws DomainError `rate_limited`, by network and by address
 */
export async function requestLink(ctx: VisitorContext, kind: LinkKind, email: string): Promise<Done> {
  const { address } = ctx.origin;
  await enforceThrottle(ctx, 'asked', networkOf(address));
  await enforceThrottle(ctx, 'mailed', accountKey(email));
  return inUserTransaction(ctx, async (tx) => {
    enqueue(tx, 'mail-link', { linkId: await makeLink(tx, { kind, email, address }) });
    return { done: true };
  });
}

/** Emails a requested link; a password reset only if the address has an account. Run again, it emails again. */
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
