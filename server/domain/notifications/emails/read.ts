import { and, asc, desc, eq, lt, ne, or, sql } from 'drizzle-orm';
import { mailbox } from '@/db/schema/mails';
import { members } from '@/db/schema/members';
import { users } from '@/db/schema/users';
import type { Context, Services } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import type { Recipient } from './write';
import type { MailboxPage, MailInMailbox, MailboxView } from './schema';

/**
 * Where a seat is written to: where its person signs in, else at its own address. A sign-in that was generated with a seat is
 * nobody's.
 */
export const recipient = {
  memberId: members.id,
  userId: members.userId,
  address: sql<string>`CASE WHEN ${users.email} NOT LIKE '%@members.invalid' THEN ${users.email} ELSE ${members.email} END`,
};

/** Whom a change of a seat concerns: the team's active owners, and the holder of the seat itself, each once. */
export async function listRecipients(ctx: Context, memberId: string | null): Promise<Recipient[]> {
  // Where nothing can be mailed nobody need be found.
  if (ctx.mail === null) return [];
  const owner = and(eq(members.role, 'owner'), eq(members.status, 'active'));
  return ctx.db
    .select(recipient)
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.teamId, ctx.actor.teamId), memberId === null ? owner : or(owner, eq(members.id, memberId))))
    .orderBy(asc(members.id));
}

/** The holder of a seat alone. */
export async function listUserOfMember(ctx: Context, memberId: string): Promise<Recipient[]> {
  if (ctx.mail === null) return [];
  return ctx.db
    .select(recipient)
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.teamId, ctx.actor.teamId), eq(members.id, memberId), ne(members.status, 'deleted')));
}

const PER_PAGE = 50;

/** Everything that the demo would have mailed, newest first; of one address, where asked. Elsewhere there is no such page. */
export async function browseMailbox(services: Services, { to, before }: MailboxView): Promise<MailboxPage> {
  mustBeDemo(services);
  const { id, address, subject, at } = mailbox;
  const rows = await services.database.db
    .select({ id, address, subject, at })
    .from(mailbox)
    .where(
      and(to ? sql`position(lower(${to}) IN ${address}) > 0` : undefined, before ? lt(mailbox.id, before) : undefined),
    )
    .orderBy(desc(mailbox.id))
    .limit(PER_PAGE + 1);
  const data = rows.slice(0, PER_PAGE);
  return { data, next: rows.length > PER_PAGE ? data.at(-1)!.id : null };
}

/** @throws DomainError `not_found`, also outside the demo */
export async function getMailInMailbox(services: Services, id: string): Promise<MailInMailbox> {
  mustBeDemo(services);
  const [mail] = await services.database.db.select().from(mailbox).where(eq(mailbox.id, id));
  return mail ?? fail('not_found');
}

function mustBeDemo({ demo, mail }: Services): void {
  if (!demo || mail !== 'mailbox') fail('not_found');
}
