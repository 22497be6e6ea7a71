import { sql } from 'drizzle-orm';
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { instant, microsColumn, teamId } from './columns';
import { members } from './members';
import { teams } from './teams';

/** An invitation. Its links are HMACs over id, version and way, so no secret is stored. */
export const invitations = pgTable(
  'invitations',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    email: text().notNull(),
    name: text(),
    role: text({ enum: ['owner', 'member'] }).notNull(),
    /** The seat that is to be taken over; once accepted, the seat that was taken. */
    memberId: uuid(),
    /** One that has run out is `pending` until somebody writes; readers judge it by `expires_at`. */
    status: text({ enum: ['pending', 'accepted', 'declined', 'expired', 'revoked'] }).notNull(),
    version: integer().notNull().default(1),
    credit: microsColumn(),
    recharge: jsonb(),
    expiresAt: instant().notNull(),
    createdAt: instant().notNull().defaultNow(),
    /** When it was accepted, declined or revoked. */
    closedAt: instant(),
    /** Why it was revoked; null where it was not, or by an erasure. */
    revokedReason: text({
      enum: ['by_owner', 'inviter_not_owner', 'inviter_inactive', 'inviter_deleted', 'inviter_left'],
    }),
    acceptedBy: uuid(),
    /** When its holder asked for a new link. */
    requestedAt: instant(),
    /** The starting credit that was paid when it was accepted; null where the master could not pay it. */
    transferId: uuid(),
    /** The newest mail of it. */
    mailId: uuid(),
    /** Who invites, as a transfer says who made it. */
    actorType: text({ enum: ['user', 'key', 'operator'] }).notNull(),
    actorId: text(),
    actorName: text().notNull(),
    actorMember: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    foreignKey({ columns: [t.teamId], foreignColumns: [teams.id], name: 'invitations_team' }),
    foreignKey({
      columns: [t.teamId, t.memberId],
      foreignColumns: [members.teamId, members.id],
      name: 'invitations_member',
    }),
    index('invitations_by_status').on(t.teamId, t.status, t.id),
    // An address has one open invitation of a team, and a seat one open claim.
    uniqueIndex('invitations_pending_email')
      .on(t.teamId, t.email)
      .where(sql`${t.status} = 'pending'`),
    uniqueIndex('invitations_pending_member')
      .on(t.teamId, t.memberId)
      .where(sql`${t.status} = 'pending' AND ${t.memberId} IS NOT NULL`),
    // The open invitations of an inviter, which end with the right to invite.
    index('invitations_pending_inviter')
      .on(t.teamId, t.actorMember)
      .where(sql`${t.status} = 'pending'`),
    check('invitations_credit', sql`${t.credit} > 0`),
    check('invitations_status', sql`${t.status} IN ('pending', 'accepted', 'declined', 'expired', 'revoked')`),
    check(
      'invitations_revoked',
      sql`${t.revokedReason} IS NULL OR (${t.status} = 'revoked' AND ${t.revokedReason} IN ('by_owner', 'inviter_not_owner',
        'inviter_inactive', 'inviter_deleted', 'inviter_left'))`,
    ),
    check('invitations_closed', sql`(${t.status} IN ('pending', 'expired')) = (${t.closedAt} IS NULL)`),
  ],
);

/** Which team an invitation belongs to. */
export const invitationLookup = pgTable('invitation_lookup', { id: uuid().primaryKey(), teamId: uuid().notNull() });
