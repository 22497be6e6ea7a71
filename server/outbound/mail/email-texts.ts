/**
 * The content of an email in readable form: names, printed amounts, one link. Nothing of it is stored: names are current
 * and links are created when the email is sent.
 */
export type EmailContent = {
  kind: Kind;
  /** The time of the event. */
  at: Date;
  team: string | null;
  /** True if the email is about the reader's own member. */
  own: boolean;
  /** The name of the acting member; null for the operator. */
  by: string | null;
  /** The name of the member or invitee that the email is about. */
  who: string | null;
  address: string | null;
  link: string;
  until: Date | null;
  /** Further values by name: amounts with their currency, roles, reasons. */
  facts: Record<string, string>;
};

export type Kind =
  | 'invitation'
  | 'invitation-requested'
  | 'credit-missing'
  | 'welcome'
  | 'role-changed'
  | 'password-reset'
  | 'password-changed'
  | 'sign-up'
  | 'new-sign-in'
  | 'two-factor-changed'
  | 'key-rotated'
  | 'key-revealed'
  | 'low-balance'
  | 'recharge-waiting'
  | 'recharge-served'
  | 'mail-failed'
  | 'alert-digest'
  | 'member-deleted';

/** The texts of an email: what happened, its figures, the button, and the footer lines. */
export type EmailText = {
  subject: string;
  title: string;
  lines: string[];
  rows: [string, string][];
  button: string;
  foot: string[];
};

/** Returns the texts of an email. Each is one line, whatever characters names contain. */
export function composeEmail(email: EmailContent): EmailText {
  const clean = Object.fromEntries(Object.entries(email.facts).map(([name, value]) => [name, oneLine(value)]));
  const [team, by, who, address] = [email.team, email.by, email.who, email.address].map((name) =>
    name === null ? null : oneLine(name),
  );
  return TEXTS[email.kind]({
    ...email,
    team: team ?? 'your team',
    by: by ?? null,
    who: who ?? 'A member',
    address: address ?? '',
    facts: clean,
    when: printInstant(email.at),
    end: email.until === null ? null : printInstant(email.until),
  });
}

/** Replaces line breaks, control characters and bidi marks by spaces, so that no name can start a line or a header. */
export const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH);

const MAX_LENGTH = 300;

/** Prints an instant as `28 November 2026, 11:42 UTC`, which reads the same everywhere. */
export function printInstant(at: Date): string {
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(at);
  return `${day}, ${at.toISOString().slice(11, 16)} UTC`;
}

type Values = Omit<EmailContent, 'team' | 'who' | 'address'> & {
  team: string;
  who: string;
  address: string;
  when: string;
  end: string | null;
};

const actorName = (by: string | null): string => (by === null ? 'the operator of this service' : by);

const rowsOf = (...rows: [string, string | null | undefined][]): [string, string][] =>
  rows.filter((row): row is [string, string] => typeof row[1] === 'string' && row[1] !== '');

const REASONS: Record<string, string> = {
  master_short: 'the master balance is too low',
  reserve: 'only the team’s reserve is left, which auto-recharge can’t use',
  cap_reached: 'its limit is reached',
};

const ROLES: Record<string, string> = { owner: 'an owner', member: 'a member' };
const roleIn = ({ facts }: Values): string => ROLES[facts['role'] ?? ''] ?? 'a member';

const YOURS = 'If it wasn’t you, use the button to secure your account.';

const TEXTS: Record<Kind, (email: Values) => EmailText> = {
  invitation: (email) => ({
    subject: `${email.by ?? email.team} invited you to ${email.team}`,
    title: `Join ${email.team}`,
    lines: [`${email.by ?? 'An owner'} invited you to join ${email.team} as ${roleIn(email)}.`],
    rows: rowsOf(
      ['Team', email.team],
      ['Role', email.facts['role']],
      ['Starting credit', email.facts['credit']],
      ['Expires', email.end],
    ),
    button: 'View invitation',
    foot: ['Opening the link doesn’t accept the invitation. If you didn’t expect it, ignore this email.'],
  }),
  'invitation-requested': (email) => ({
    subject: `${email.who} requested a new invitation to ${email.team}`,
    title: 'New invitation link requested',
    lines: [`${email.who} opened an expired invitation to ${email.team} and requested a new link.`],
    rows: rowsOf(['Team', email.team], ['Email', email.address], ['Requested', email.when]),
    button: 'Review invitations',
    foot: ['No new link is sent until an owner resends the invitation.'],
  }),
  'credit-missing': (email) => ({
    subject: `${email.who} joined ${email.team} without starting credit`,
    title: 'Starting credit not paid',
    lines: [
      `No money moved: the master balance was too low for the starting credit. ${email.who} joined ${email.team} with a balance of 0.`,
    ],
    rows: rowsOf(['Team', email.team], ['Starting credit', email.facts['credit']], ['Joined', email.when]),
    button: 'Open team',
    foot: ['Credit the member once the master balance is high enough.'],
  }),
  welcome: (email) => ({
    subject: `Welcome to ${email.team}`,
    title: `Welcome to ${email.team}`,
    lines: [`You’re now ${roleIn(email)} of ${email.team}. Sign in with ${email.address}.`],
    rows: rowsOf(['Team', email.team], ['Joined', email.when]),
    button: 'Open team',
    foot: [],
  }),
  'role-changed': (email) => ({
    subject: `${email.own ? 'You are' : `${email.who} is`} now ${roleIn(email)} of ${email.team}`,
    title: 'Role changed',
    lines: [
      `${email.own ? 'You are' : `${email.who} is`} now ${roleIn(email)} of ${email.team}. No money moved and no API key changed.`,
    ],
    rows: rowsOf(
      ['Team', email.team],
      ['Member', email.who],
      ['New role', email.facts['role']],
      ['Changed by', actorName(email.by)],
      ['Date', email.when],
    ),
    button: 'View your teams',
    foot: ['An owner who stepped down can take the role back there while the team has no other active owner.'],
  }),
  'password-reset': (email) => ({
    subject: 'Set a new password',
    title: 'Set a new password',
    lines: [`We received a request to set a new password for ${email.address}.`],
    rows: rowsOf(['Requested', email.when], ['Expires', email.end]),
    button: 'Set a new password',
    foot: ['If this wasn’t you, ignore this email. Your password stays the same.'],
  }),
  'password-changed': (email) => ({
    subject: 'Your password was changed',
    title: 'Your password was changed',
    lines: [`The password for ${email.address} was changed. All other sessions were signed out.`],
    rows: rowsOf(['Date', email.when], ['IP address', email.facts['address']]),
    button: 'This wasn’t me',
    foot: ['If this was you, no action is needed.'],
  }),
  'sign-up': (email) => ({
    subject: 'Confirm your email address',
    title: 'Confirm your email address',
    lines: ['Someone wants to create a team with this email address. If this was you, use the button to continue.'],
    rows: rowsOf(['Email', email.address], ['Expires', email.end]),
    button: 'Continue',
    foot: ['If this wasn’t you, ignore this email. No team will be created.'],
  }),
  'new-sign-in': (email) => ({
    subject: 'New sign-in to your account',
    title: 'New sign-in',
    lines: [`Someone signed in as ${email.address} from a new location.`],
    rows: rowsOf(['Date', email.when], ['IP address', email.facts['address']], ['Browser', email.facts['browser']]),
    button: 'Review sessions',
    foot: [`If this was you, no action is needed. ${YOURS}`],
  }),
  'two-factor-changed': (email) => ({
    subject: `Two-factor authentication was ${turned(email)}`,
    title: `Two-factor authentication was ${turned(email)}`,
    lines: [`Two-factor authentication for ${email.address} was ${turned(email)}.`],
    rows: rowsOf(['Date', email.when], ['IP address', email.facts['address']]),
    button: 'Review two-factor settings',
    foot: [`If this was you, no action is needed. ${YOURS}`],
  }),
  'key-rotated': (email) => ({
    subject: `Your API key for ${email.team} was rotated`,
    title: 'Your API key was rotated',
    lines: [`Your account in ${email.team} has a new API key. Programs that use the old key will be refused.`],
    rows: rowsOf(
      ['Team', email.team],
      ['Member', email.who],
      ['Rotated by', actorName(email.by)],
      ['Date', email.when],
    ),
    button: 'View API key',
    foot: ['For security, the key is not in this email. Ask an owner for it, or rotate it again to get your own.'],
  }),
  'key-revealed': (email) => ({
    subject: `Your API key for ${email.team} was revealed`,
    title: 'Your API key was revealed to an owner',
    lines: [`An owner of ${email.team} revealed your API key. It still works and hasn’t changed.`],
    rows: rowsOf(
      ['Team', email.team],
      ['Member', email.who],
      ['Revealed to', actorName(email.by)],
      ['Date', email.when],
    ),
    button: 'View API key',
    foot: ['If you didn’t expect this, rotate the key.'],
  }),
  'low-balance': (email) => {
    const whose = email.own
      ? 'Your balance'
      : email.facts['master']
        ? 'The master balance'
        : `The balance of ${email.who}`;
    return {
      subject: `${whose} in ${email.team} is low`,
      title: `${whose} is low`,
      lines: [`${whose} in ${email.team} is below ${email.facts['below']}.`],
      rows: rowsOf(
        ['Team', email.team],
        ['Balance', email.facts['balance']],
        ['Alert below', email.facts['below']],
        ['Date', email.when],
      ),
      button: 'View balance',
      foot: [MUTE],
    };
  },
  'recharge-waiting': (email) => {
    const whose = email.own ? 'Your auto-recharge' : `Auto-recharge for ${email.who}`;
    return {
      subject: `${whose} in ${email.team} is blocked`,
      title: `${whose} is blocked`,
      lines: [
        `${whose} could not run: ${REASONS[email.facts['reason'] ?? ''] ?? 'it was refused'}. It will run automatically as soon as it can.`,
      ],
      rows: rowsOf(
        ['Team', email.team],
        ['Balance', email.facts['balance']],
        ['Recharges below', email.facts['below']],
        ['Date', email.when],
      ),
      button: 'View details',
      foot: [MUTE],
    };
  },
  'recharge-served': (email) => {
    const whose = email.own ? 'Your auto-recharge' : `Auto-recharge for ${email.who}`;
    return {
      subject: `${whose} in ${email.team} was completed`,
      title: `${whose} was completed`,
      lines: [`${whose} was blocked and has now been completed.`],
      rows: rowsOf(
        ['Team', email.team],
        ['Amount', email.facts['amount']],
        ['Balance after', email.facts['balance']],
        ['Date', email.when],
      ),
      button: 'View recharge',
      foot: [MUTE],
    };
  },
  'mail-failed': (email) => ({
    subject: `Email to ${email.address} not delivered`,
    title: 'Email not delivered',
    lines: [
      `An email from ${email.team} to ${email.address} ${email.facts['state'] === 'bounced' ? 'bounced' : 'could not be sent'}.`,
    ],
    rows: rowsOf(
      ['Team', email.team],
      ['Email', email.address],
      ['About', ABOUT[email.facts['lost'] ?? ''] ?? email.facts['lost']],
      ['Reason', email.facts['why']],
      ['Date', email.when],
    ),
    button: email.facts['lost'] === 'invitation' ? 'Review invitations' : 'Open team',
    foot: ['Check the address. You can also copy an invitation’s link and share it yourself.', MUTE],
  }),
  'alert-digest': (email) => {
    const alerts = Object.entries(email.facts).filter(([name]) => name !== 'count');
    const count = Number(email.facts['count'] ?? alerts.length) || alerts.length;
    const more = count - alerts.length;
    return {
      subject: `${plural(count, 'more alert', 'more alerts')} from ${email.team}`,
      title: `${plural(count, 'more alert', 'more alerts')} in the last hour`,
      lines: [`You received several alerts from ${email.team} within an hour. These came after them.`],
      rows: [
        ...alerts.map(([name, text]): [string, string] => [DIGESTED[name.replace(/^\d+ /, '')] ?? 'Alert', text]),
        ...(more > 0 ? rowsOf(['And', `${more} more`]) : []),
      ],
      button: 'Open overview',
      foot: [MUTE],
    };
  },
  'member-deleted': (email) => ({
    subject: `${email.own ? 'Your account' : email.who} in ${email.team} was deleted`,
    title: email.own ? 'Your account was deleted' : `${email.who} was deleted`,
    lines: [
      `${email.own ? 'Your account' : `The account of ${email.who}`} in ${email.team} was deleted. Its balance was returned to the team, and its API key no longer works. Its log is kept.`,
    ],
    rows: rowsOf(
      ['Team', email.team],
      ['Deleted by', actorName(email.by)],
      ['Date', email.when],
      ['Restorable until', email.end],
    ),
    button: email.own ? 'Open Purser' : 'View deleted members',
    foot: email.own ? ['An owner of the team can restore it until then.'] : [],
  }),
};

const MUTE = 'You can choose which of these emails you get under Alerts in your account.';

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const DIGESTED: Record<string, string> = {
  'low-balance': 'Low balance',
  'recharge-waiting': 'Auto-recharge blocked',
  'recharge-served': 'Auto-recharge completed',
  'mail-failed': 'Email not delivered',
};

const ABOUT: Record<string, string> = {
  invitation: 'Invitation',
  'invitation-requested': 'Request for a new invitation',
  'credit-missing': 'Starting credit not paid',
  welcome: 'Welcome',
  'role-changed': 'Role changed',
  'key-rotated': 'API key rotated',
  'key-revealed': 'API key revealed',
  'low-balance': 'Low balance',
  'recharge-waiting': 'Auto-recharge blocked',
  'recharge-served': 'Auto-recharge completed',
  'member-deleted': 'Member deleted',
};

function turned({ facts }: Values): string {
  if (facts['on'] === undefined) return 'changed';
  return facts['on'] === 'true' ? 'turned on' : 'turned off';
}
