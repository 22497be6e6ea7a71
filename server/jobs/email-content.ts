import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { invitations } from '@/db/schema/invitations';
import { mails } from '@/db/schema/mails';
import { members } from '@/db/schema/members';
import { teams } from '@/db/schema/teams';
import { mailedLinks, users } from '@/db/schema/users';
import type { Services } from '@/server/domain/core/context';
import { printId, timeOfUuid7 } from '@/server/domain/core/ids';
import { invitationUrl } from '@/server/domain/teams/invitations/rules';
import { linkToken } from '@/server/domain/identity/email-links/rules';
import type { MailKind } from '@/server/domain/notifications/emails/rules';
import type { ClaimedMail } from '@/server/domain/notifications/emails/write';
import { printAmount } from '@/server/domain/core/money';
import type { EmailContent } from '@/server/outbound/mail/email-texts';

/** Reads the content of an email; null if its event is obsolete, so that it need not be sent. */
export async function readEmailContent(services: Services, mail: ClaimedMail): Promise<EmailContent | null> {
  const team = mail.teamId === null ? null : await readTeam(services, mail.teamId);
  const content = plainText(services, mail, team);
  if (ABOUT_INVITATIONS.has(content.kind)) return withInvitation(services, mail, content, team);
  if (ABOUT_LINKS.has(content.kind)) return withLink(services, mail, content);
  if (content.kind === 'mail-failed') return withLostMail(services, mail, content, team);
  if (content.kind === 'alert-digest') return withAlerts(services, mail, content);
  return withMember(services, mail, content, team);
}

const ABOUT_INVITATIONS = new Set<MailKind>(['invitation', 'invitation-requested', 'credit-missing']);
const ABOUT_LINKS = new Set<MailKind>(['password-reset', 'sign-up']);

type TeamOfEmail = { id: string; name: string; slug: string; currency: string };

async function readTeam({ database }: Services, teamId: string): Promise<TeamOfEmail | null> {
  const { id, name, slug, currency } = teams;
  const [team] = await database.db.select({ id, name, slug, currency }).from(teams).where(eq(teams.id, teamId));
  return team ?? null;
}

/** The facts that are amounts, in micros. */
const AMOUNTS = ['amount', 'balance', 'below', 'credit'];

function plainText({ appUrl }: Services, mail: ClaimedMail, team: TeamOfEmail | null): EmailContent {
  const known = Object.entries(mail.facts).filter(([, value]) => value !== null);
  const facts = known.map(([name, value]): [string, string] => [
    name,
    AMOUNTS.includes(name) && /^[0-9]+$/.test(String(value)) ? amountIn(team, BigInt(value as string)) : String(value),
  ]);
  return {
    kind: mail.kind as MailKind,
    at: timeOfUuid7(mail.id),
    team: team?.name ?? null,
    own: mail.about !== null && mail.memberId === mail.about,
    by: null,
    who: null,
    address: null,
    link: `${appUrl}${placeOf(mail, team)}`,
    until: 'until' in mail.facts ? new Date(String(mail.facts['until'])) : null,
    facts: Object.fromEntries(facts),
  };
}

const amountIn = (team: TeamOfEmail | null, micros: bigint): string =>
  `${printAmount(micros).replace(/\B(?=(?:\d{3})+\.)/g, ',')} ${team?.currency ?? ''}`.trim();

/** Returns the path that the email's button opens. */
function placeOf({ kind, about, memberId }: ClaimedMail, team: TeamOfEmail | null): string {
  const home = team ? `/${team.slug}` : '/';
  const membership = about === null || about === team?.id ? home : `${home}/members/${printId('mem', about)}`;
  const places: Partial<Record<MailKind, string>> = {
    'invitation-requested': `${home}/invitations`,
    'role-changed': '/account/teams',
    'password-changed': '/forgot',
    'new-sign-in': '/account/sessions',
    'two-factor-changed': '/account/two-factor',
    // The user of the deleted member can no longer open the team.
    'member-deleted': memberId === about ? '/' : `${home}/members?status=deleted`,
    'key-rotated': `${membership}?tab=key`,
    'key-revealed': `${membership}?tab=key`,
    'recharge-waiting': `${membership}?tab=recharge`,
    'recharge-served': `${membership}?tab=recharge`,
    'low-balance': membership,
  };
  return places[kind as MailKind] ?? home;
}

async function withInvitation(
  { database, vault, appUrl }: Services,
  mail: ClaimedMail,
  content: EmailContent,
  team: TeamOfEmail | null,
): Promise<EmailContent | null> {
  const i = invitations;
  const [row] =
    mail.about && mail.teamId
      ? await database.db
          .select()
          .from(i)
          .where(and(eq(i.teamId, mail.teamId), eq(i.id, mail.about)))
      : [];
  if (!row) return mail.kind === 'credit-missing' ? content : null;
  const shown = {
    ...content,
    by: row.actorName,
    who: row.name ?? row.email,
    address: row.email,
    until: row.expiresAt,
    facts: { role: row.role, ...(row.credit !== null && { credit: amountIn(team, row.credit) }), ...content.facts },
  };
  if (mail.kind !== 'invitation') return shown;
  const isOpen = row.status === 'pending' && row.expiresAt > new Date();
  // A newer email of a resent invitation has the same link, so this one is dropped.
  const isNewest = row.mailId === null || row.mailId === mail.id;
  if (!isOpen || !isNewest) return null;
  return { ...shown, link: invitationUrl({ vault, appUrl }, row, 'mailed') };
}

async function withLink(services: Services, mail: ClaimedMail, content: EmailContent): Promise<EmailContent | null> {
  if (mail.about === null) return null;
  const { database, vault, appUrl } = services;
  const [row] = await database.db.select().from(mailedLinks).where(eq(mailedLinks.id, mail.about));
  if (!row || row.usedAt !== null || row.expiresAt <= new Date()) return null;
  const page = row.kind === 'reset' ? 'reset' : 'sign-up';
  const token = linkToken(vault, row.id);
  return { ...content, address: row.email, until: row.expiresAt, link: `${appUrl}/${page}/${token}` };
}

async function withLostMail(
  { database, appUrl }: Services,
  mail: ClaimedMail,
  content: EmailContent,
  team: TeamOfEmail | null,
): Promise<EmailContent | null> {
  if (mail.about === null) return null;
  const [lost] = await database.db.select().from(mails).where(eq(mails.id, mail.about));
  if (!lost) return null;
  return {
    ...content,
    address: lost.address,
    link: `${appUrl}/${team?.slug ?? ''}${lost.kind === 'invitation' ? '/invitations' : ''}`,
    facts: { lost: lost.kind, state: lost.state, why: lost.error ?? '' },
  };
}

const SHOWN_ALERTS = 20;

/** Reads the alerts of a digest: their number, and the first of them with member name and balance. */
async function withAlerts(services: Services, mail: ClaimedMail, content: EmailContent): Promise<EmailContent | null> {
  const { db } = services.database;
  const { teamId, kind, about, facts } = mails;
  const rows = await db
    .select({ teamId, kind, about, facts, of: sql<number>`count(*) OVER ()::int` })
    .from(mails)
    .where(eq(mails.digestId, mail.id))
    .orderBy(mails.id)
    .limit(SHOWN_ALERTS);
  if (rows.length === 0) return null;
  const lines: Record<string, string> = {};
  const known: TeamOfEmail[] = [];
  for (const id of new Set(rows.map((row) => row.teamId))) {
    const team = id === null ? null : await readTeam(services, id);
    if (!team) continue;
    known.push(team);
    const own = rows.filter((row) => row.teamId === id);
    const names = await namesOf(db, team.id, own);
    for (const row of own) {
      const who = row.about === team.id ? 'Master balance' : (names.get(row.about ?? '') ?? '');
      const balance = 'balance' in row.facts ? amountIn(team, BigInt(String(row.facts['balance']))) : '';
      lines[`${Object.keys(lines).length + 1} ${row.kind}`] = [who, balance].filter(Boolean).join(': ') || team.name;
    }
  }
  const [first, ...others] = known;
  if (!first) return null;
  const team = others.length > 0 ? `${first.name} and ${others.length} more` : first.name;
  const link = others.length > 0 ? services.appUrl : `${services.appUrl}/${first.slug}`;
  return { ...content, team, link, facts: { count: String(rows[0]!.of), ...lines } };
}

async function namesOf(db: Db, teamId: string, of: { about: string | null }[]): Promise<Map<string, string>> {
  const ids = of.flatMap(({ about }) => about ?? []);
  if (ids.length === 0) return new Map();
  const { id, name } = members;
  const rows = await db
    .select({ id, name })
    .from(members)
    .where(and(eq(members.teamId, teamId), inArray(id, ids)));
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** Adds the member that the email is about and the acting member, or only the user. */
async function withMember(
  { database }: Services,
  mail: ClaimedMail,
  content: EmailContent,
  team: TeamOfEmail | null,
): Promise<EmailContent> {
  const ids = [mail.about ?? mail.memberId, mail.facts['by']].filter((id): id is string => typeof id === 'string');
  const memberships =
    team && ids.length > 0
      ? await database.db
          .select({ id: members.id, name: members.name, email: members.email, role: members.role })
          .from(members)
          .where(and(eq(members.teamId, team.id), inArray(members.id, ids)))
      : [];
  const find = (id: unknown) => memberships.find((one) => one.id === id);
  const membership = find(mail.about ?? mail.memberId);
  const user = team === null && mail.userId !== null ? await readUser(database.db, mail.userId) : null;
  return {
    ...content,
    who: membership?.name ?? user?.name ?? null,
    address: membership?.email ?? user?.email ?? mail.address,
    by: find(mail.facts['by'])?.name ?? null,
    facts: { ...(membership && { role: membership.role }), ...content.facts },
  };
}

async function readUser(db: Services['database']['db'], userId: string) {
  const [user] = await db.select({ name: users.name, email: users.email }).from(users).where(eq(users.id, userId));
  return user ?? null;
}
