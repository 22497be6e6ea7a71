import { and, eq, sql } from 'drizzle-orm';
import { mails } from '@/db/schema/mails';
import { members } from '@/db/schema/members';
import { users } from '@/db/schema/users';
import type { Db } from '@/db/client';
import { enqueue, type Queue, type Services, type Tx } from '../ctx';
import { newUuid7 } from '../ids';
import { canBeMailed, type MailKind } from './rules';

/** A mail as a verb asks for it: to whom, about what. Facts are ids and figures, printed for people, and never secrets. */
export type NewMail = {
  kind: MailKind;
  address: string;
  teamId?: string | null;
  userId?: string | null;
  memberId?: string | null;
  /** The invitation, link or transfer that it is about. */
  about?: string | null;
  facts?: Record<string, string | number | boolean | null>;
};

/**
 * Puts a mail on its way with the change that it tells of: it is sent once that is committed, and not at all if it is not.
 * Answers its id; null where nothing can be mailed (no way to, or an address that is made up).
 */
export async function queueMail(tx: Services & Queue & { db: Db; now: Date }, mail: NewMail): Promise<string | null> {
  if (!canBeMailed(mail.address, tx.mail)) return null;
  const id = newUuid7();
  await tx.db.insert(mails).values({ id, ...mail, createdAt: tx.now });
  enqueue(tx, 'send-mail', { mailId: id });
  return id;
}

/** Tells each active owner of the team: where he signs in, or at his seat's own address. */
export async function tellOwners(tx: Tx, mail: Omit<NewMail, 'address' | 'userId'>): Promise<void> {
  const owners = await tx.db
    .select({ userId: members.userId, address: sql<string>`coalesce(${users.email}, ${members.email})` })
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.teamId, tx.actor.teamId), eq(members.role, 'owner'), eq(members.status, 'active')));
  for (const owner of owners) await queueMail(tx, { ...mail, ...owner });
}
