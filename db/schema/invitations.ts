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

/** An invitation. The tokens of its links are HMACs over id, version and delivery, so no secret is stored. */
export const invitations = pgTable(
  'invitations',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    email: text().notNull(),
    name: text(),
    role: text({ enum: ['owner', 'member'] }).notNull(),
    /** The member that the invited user takes over; after acceptance, the member that the user became. */
    memberId: uuid(),
    /** An expired invitation stays `pending` until the next write; readers compare `expires_at`. */
    status: text({ enum: ['pending', 'accepted', 'declined', 'expired', 'revoked'] }).notNull(),
    version: integer().notNull().default(1),
    credit: microsColumn(),
    recharge: jsonb(),
    expiresAt: instant().notNull(),
    createdAt: instant().notNull().defaultNow(),
    /** The time of acceptance, decline or revocation. */
    closedAt: instant(),
    /** The reason of the revocation; null if it was not revoked, or by an erasure. */
    revokedReason: text({
      enum: ['by_owner', 'inviter_not_owner', 'inviter_inactive', 'inviter_deleted', 'inviter_left'],
    }),
    acceptedBy: uuid(),
    /** The time when the invitee requested a new link. */
    requestedAt: instant(),
    /** The transfer of the starting credit at acceptance; null if the master balance was too low. */
    transferId: uuid(),
    /** The newest email of this invitation. */
    mailId: uuid(),
    /** The inviter, in the same form as the actor of a transfer. */
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
    // One open invitation per address in a team, and one per member.
    uniqueIndex('invitations_pending_email')
      .on(t.teamId, t.email)
      .where(sql`${t.status} = 'pending'`),
    uniqueIndex('invitations_pending_member')
      .on(t.teamId, t.memberId)
      .where(sql`${t.status} = 'pending' AND ${t.memberId} IS NOT NULL`),
    // The open invitations of an inviter, which are revoked when the inviter is no longer an owner.
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

/** The team of each invitation, for lookups without a team. */
export const invitationLookup = pgTable('invitation_lookup', { id: uuid().primaryKey(), teamId: uuid().notNull() });
