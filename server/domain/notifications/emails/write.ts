import { and, count, eq, gt, inArray, isNotNull, isNull, lt, ne, or, sql, type SQL } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { mailbox, mails } from '@/db/schema/mails';
import { users } from '@/db/schema/users';
import { announce } from '@/server/domain/core/change-feed';
import { type Queue, type Services } from '@/server/domain/core/context';
import { newUuid7, timeOfUuid7 } from '@/server/domain/core/ids';
import { inUserTransaction, type UserTx } from '@/server/domain/core/user-context';
import {
  canBeMailed,
  MAIL_CLAIM_MINUTES,
  MAIL_TRIES,
  MAILS_TO_UNVERIFIED,
  type MailEvent,
  type MailKind,
} from './rules';
import { enqueue } from '@/server/domain/core/transaction';

/** A mail as a verb asks for it: to whom, about what. Facts are ids and figures, printed for people, and never secrets. */
export type NewMail = {
  kind: MailKind;
  address: string;
  teamId?: string | null;
  userId?: string | null;
  memberId?: string | null;
  /** The invitation, link, seat or transfer that it is about. */
  about?: string | null;
  facts?: Record<string, string | number | boolean | null>;
  /** What it tells of, where that is to be told once: asked for again, it is no new mail. */
  once?: string;
  /** The digest in which it stands: then it is no mail of its own. */
  digestId?: string;
};

/** Who gets a mail: a seat, its address, and the person in it. */
export type Recipient = { memberId: string; userId: string | null; address: string };

type Change = Services & Queue & { db: Db; now: Date };

/**
 * Puts a mail on its way with the change that it tells of: it is sent once that is committed, and not at all if it is not.
 * Returns its id; null where nothing can be mailed (no way to, or an address that is made up), it was told before, or the
 * address has had enough (`dropExcess`).
 */
export async function queueMail(tx: Change, mail: NewMail): Promise<string | null> {
  const [id] = await queueAll(tx, [mail]);
  return id ?? null;
}

/** The same mail to several seats. */
export async function queueMails(
  tx: Change,
  mail: Omit<NewMail, 'address' | 'userId' | 'memberId'>,
  recipients: Recipient[],
): Promise<void> {
  await queueAll(
    tx,
    recipients.map((to) => ({ ...mail, ...to, ...(mail.once && { once: `${mail.once}:${to.memberId}` }) })),
  );
}

async function queueAll(tx: Change, wanted: NewMail[]): Promise<string[]> {
  const allowed = await dropExcess(
    tx,
    wanted.filter(({ address }) => canBeMailed(address, tx.mail)),
  );
  const rows = allowed
    // The id holds when it came about, which in a demo or an import is long past; the row says when it was queued.
    .map((mail) => ({
      id: newUuid7(tx.now),
      state: mail.digestId ? ('digested' as const) : ('queued' as const),
      ...mail,
    }));
  if (rows.length === 0) return [];
  const made = await tx.db
    .insert(mails)
    .values(rows)
    .onConflictDoNothing()
    .returning({ id: mails.id, kind: mails.kind, state: mails.state });
  // A digest is sent when its hour is over.
  const now = made.filter(({ kind, state }) => state === 'queued' && kind !== 'alert-digest');
  for (const { id } of now) enqueue(tx, 'send-mail', { mailId: id });
  return made.map(({ id }) => id);
}

// Invitations have a limit of their own, which refuses. An alert in a digest is no mail. Other mails about no team follow
// what a user does.
const isLimited = ({ kind, teamId, digestId }: NewMail): boolean =>
  kind !== 'invitation' && digestId === undefined && ((teamId ?? null) !== null || kind === 'alert-digest');

/**
 * Leaves out mails beyond `MAILS_TO_UNVERIFIED` a day to addresses that no user has verified: an owner may enter anybody's
 * address, and must not fill a mailbox. Counted for each team, under a lock, so that changes at once count one another.
 * @param wanted mails about one team, or a user's digest
 */
async function dropExcess(tx: Change, wanted: NewMail[]): Promise<NewMail[]> {
  const limited = wanted.filter(isLimited);
  const [first] = limited;
  if (!first) return wanted;
  const left = await findUnverified(tx, limited);
  if (left.size === 0) return wanted;
  const { teamId, userId } = first;
  await tx.db.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${teamId ?? userId} mails`}::text, 0))`);
  const scope = teamId ? eq(mails.teamId, teamId) : and(eq(mails.userId, userId!), eq(mails.kind, 'alert-digest'));
  const past = await tx.db
    .select({ address: mails.address, sent: count() })
    .from(mails)
    .where(
      and(
        scope,
        inArray(mails.address, [...left.keys()]),
        ne(mails.state, 'digested'),
        sql`${mails.id} >= uuid7_floor(now() - interval '1 day')`,
        gt(mails.createdAt, sql`now() - interval '1 day'`),
      ),
    )
    .groupBy(mails.address);
  for (const { address, sent } of past) left.set(address, MAILS_TO_UNVERIFIED - sent);
  return wanted.filter((mail) => {
    const more = isLimited(mail) ? left.get(mail.address) : undefined;
    if (more === undefined) return true;
    left.set(mail.address, more - 1);
    return more > 0;
  });
}

/** Finds the addresses that no user has verified; each may get `MAILS_TO_UNVERIFIED` mails. */
async function findUnverified({ db }: Change, to: NewMail[]): Promise<Map<string, number>> {
  const addresses = [...new Set(to.map(({ address }) => address))];
  const verified = await db
    .select({ email: users.email })
    .from(users)
    .where(and(inArray(users.email, addresses), isNotNull(users.emailProvenAt)));
  const known = new Set(verified.map(({ email }) => email));
  return new Map(addresses.filter((one) => !known.has(one)).map((one) => [one, MAILS_TO_UNVERIFIED]));
}

/** Digests whose hour is over, to be sent now. */
export async function listDueDigests({ database }: Services): Promise<string[]> {
  const isOver = lt(mails.createdAt, sql`now() - interval '1 hour'`);
  const due = and(eq(mails.state, 'queued'), eq(mails.kind, 'alert-digest'), isNull(mails.claimedUntil), isOver);
  return (await database.db.select({ id: mails.id }).from(mails).where(due).limit(1_000)).map(({ id }) => id);
}

/** A mail as a worker has taken it. */
export type ClaimedMail = Omit<typeof mails.$inferSelect, 'claimedUntil' | 'once' | 'digestId'>;

/**
 * Takes a mail for one worker: null where it was sent or given up, or another is at it. A worker that dies leaves it to the
 * next, which sends it under the same id.
 */
export async function claimMail({ database }: Services, id: string): Promise<ClaimedMail | null> {
  const [mail] = await database.db
    .update(mails)
    .set({
      attempts: sql`${mails.attempts} + 1`,
      claimedUntil: sql`now() + make_interval(mins => ${MAIL_CLAIM_MINUTES})`,
    })
    .where(
      and(
        eq(mails.id, id),
        eq(mails.state, 'queued'),
        or(isNull(mails.claimedUntil), lt(mails.claimedUntil, sql`now()`)),
      ),
    )
    .returning();
  return mail ?? null;
}

/** What came of handing a mail over. `lost`: nobody knows, or it may go well later. */
export type MailOutcome =
  | { is: 'sent'; provider: string; providerId: string | null }
  | { is: 'refused' | 'lost'; why: string };

/**
 * Writes what came of handing a mail over: sent; refused for good, or lost so often that it is given up; else it waits for
 * the next try, which the answer says.
 */
export async function settleMail(
  services: Services,
  mail: ClaimedMail,
  outcome: MailOutcome,
): Promise<'done' | 'again'> {
  if (outcome.is === 'lost' && mail.attempts < MAIL_TRIES) {
    const left = { error: outcome.why.slice(0, MAX_ERROR), claimedUntil: null };
    await services.database.db.update(mails).set(left).where(isQueued(mail.id));
    return 'again';
  }
  await inUserTransaction(services, async (tx) => {
    if (outcome.is === 'sent') {
      const { provider, providerId } = outcome;
      // A report of the provider may have come before its answer: what it says stays.
      const known = { provider, providerId: sql`coalesce(${providerId}, ${mails.providerId})`, claimedUntil: null };
      await tx.db
        .update(mails)
        .set({ ...known, sentAt: tx.now })
        .where(eq(mails.id, mail.id));
      await tx.db.update(mails).set({ state: 'sent', error: null }).where(isQueued(mail.id));
    } else {
      const given = { state: 'failed', error: outcome.why.slice(0, MAX_ERROR), settledAt: tx.now } as const;
      const ended = await tx.db.update(mails).set(given).where(isQueued(mail.id)).returning({ id: mails.id });
      if (ended.length > 0) tellLost(tx, mail);
    }
  });
  tellState(services, mail.teamId);
  return 'done';
}

const MAX_ERROR = 500;
const isQueued = (id: string) => and(eq(mails.id, id), eq(mails.state, 'queued'));

/** Takes a mail back that has not left: what it tells of is over. */
export async function dropMail({ database }: Services, id: string): Promise<void> {
  await database.db.delete(mails).where(isQueued(id));
}

/** By which states a report finds a mail that it changes: a final one stays final, but a bounce may follow a delivery. */
const BEFORE: Record<MailEvent['state'], ('queued' | 'sent' | 'delivered')[]> = {
  sent: ['queued'],
  delivered: ['queued', 'sent'],
  bounced: ['queued', 'sent', 'delivered'],
  failed: ['queued', 'sent'],
};

/** Writes what the provider reports of a mail. Repeated, late and out of order it changes nothing that is final. */
export async function reportMail(services: Services, event: MailEvent): Promise<void> {
  const { providerId, state, why } = event;
  const found = await inUserTransaction(services, async (tx) => {
    // One that was given up without an answer may have been taken all the same: then the provider knows better.
    const unanswered = and(eq(mails.state, 'failed'), isNull(mails.providerId));
    const isBefore = inArray(mails.state, BEFORE[state]);
    const [mail] = await tx.db
      .update(mails)
      .set({
        state,
        providerId: sql`coalesce(${mails.providerId}, ${providerId}::text)`,
        error: why?.slice(0, MAX_ERROR) ?? null,
        ...(state === 'sent' ? { sentAt: tx.now } : { settledAt: tx.now }),
      })
      .where(and(isNamed(event), state === 'delivered' ? or(isBefore, unanswered) : isBefore))
      .returning();
    if (mail && (state === 'bounced' || state === 'failed')) tellLost(tx, mail);
    return mail;
  });
  if (found) tellState(services, found.teamId);
}

/** Remembers of a mail that arrived that its holder calls it unwanted. */
export async function complainOfMail(
  { database }: Services,
  names: { mailId: string | null; providerId: string | null },
): Promise<void> {
  await database.db
    .update(mails)
    .set({ error: 'It arrived, and was marked as unwanted.' })
    .where(and(isNamed(names), inArray(mails.state, ['sent', 'delivered'])));
}

/** By our own id, or by the provider's: it may be answered for before its id is written. */
const isNamed = ({ mailId, providerId }: { mailId: string | null; providerId: string | null }): SQL =>
  sql`(${mails.id} = ${mailId}::uuid OR ${mails.providerId} = ${providerId}::text)`;

// The failure of the word of a failure is no news, or there would be no end of it.
function tellLost(tx: UserTx, mail: Pick<ClaimedMail, 'id' | 'teamId' | 'kind'>): void {
  if (mail.teamId !== null && mail.kind !== 'mail-failed' && mail.kind !== 'alert-digest')
    enqueue(tx, 'alert', { teamId: mail.teamId, mailId: mail.id });
}

// It stands on the owners' pages: of no seat in particular.
function tellState({ database }: Services, teamId: string | null): void {
  if (teamId !== null) announce(database.pool, teamId, new Map([['invitations', new Set()]]));
}

/**
 * Mails that a dead worker has left, to be tried anew; those that nobody has sent for a day are given up.
 * @returns the ids to try
 */
export async function listAbandonedMails(services: Services): Promise<string[]> {
  const { db } = services.database;
  const old = and(eq(mails.state, 'queued'), lt(mails.createdAt, sql`now() - interval '1 day'`));
  const gone = await db.select().from(mails).where(old).limit(1_000);
  for (const mail of gone)
    await settleMail(services, mail, { is: 'refused', why: mail.error ?? 'It could not be sent for a day.' });
  const left = and(eq(mails.state, 'queued'), lt(mails.claimedUntil, sql`now()`));
  return (await db.select({ id: mails.id }).from(mails).where(left)).map(({ id }) => id);
}

/** Puts a mail into the demo's own mailbox. Repeated under the same id it is there once. */
export async function putInMailbox(
  { database }: Services,
  mail: { id: string; address: string; subject: string; html: string; text: string },
): Promise<void> {
  await database.db
    .insert(mailbox)
    .values({ ...mail, at: timeOfUuid7(mail.id) })
    .onConflictDoNothing();
}
