import { and, asc, desc, eq, lt, ne, or, sql } from 'drizzle-orm';
import { mailbox } from '@/db/schema/mails';
import { members } from '@/db/schema/members';
import { users } from '@/db/schema/users';
import type { Context, Services } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import type { Recipient } from './write';
import type { MailboxPage, MailInMailbox, MailboxView } from './schema';

/**
 * The columns of a member's recipient: the sign-in email of its user, else the member's own address. A generated sign-in
 * email is not used.
 */
export const recipient = {
  memberId: members.id,
  userId: members.userId,
  address: sql<string>`CASE WHEN ${users.email} NOT LIKE '%@members.invalid' THEN ${users.email} ELSE ${members.email} END`,
};

/** Lists the recipients of a change of a member: the team's active owners and the member, each once. */
export async function listRecipients(ctx: Context, memberId: string | null): Promise<Recipient[]> {
  // Without email no query is needed.
  if (ctx.mail === null) return [];
  const owner = and(eq(members.role, 'owner'), eq(members.status, 'active'));
  return ctx.db
    .select(recipient)
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.teamId, ctx.actor.teamId), memberId === null ? owner : or(owner, eq(members.id, memberId))))
    .orderBy(asc(members.id));
}

/** Lists the member itself as a recipient, or nobody if it is deleted. */
export async function listUserOfMember(ctx: Context, memberId: string): Promise<Recipient[]> {
  if (ctx.mail === null) return [];
  return ctx.db
    .select(recipient)
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.teamId, ctx.actor.teamId), eq(members.id, memberId), ne(members.status, 'deleted')));
}

const PER_PAGE = 50;

/**
 * Lists the demo's captured emails, newest first, optionally of one address.
 * @throws DomainError `not_found` outside a demo
 */
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

/**
 * Returns one of the demo's captured emails.
 * @throws DomainError `not_found`, also outside a demo
 */
export async function getMailInMailbox(services: Services, id: string): Promise<MailInMailbox> {
  mustBeDemo(services);
  const [mail] = await services.database.db.select().from(mailbox).where(eq(mailbox.id, id));
  return mail ?? fail('not_found');
}

function mustBeDemo({ demo, mail }: Services): void {
  if (!demo || mail !== 'mailbox') fail('not_found');
}
