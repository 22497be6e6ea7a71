/** What a mail tells of, in what people read: names, printed amounts, one link. */
export type Letter = {
  kind: Kind;
  at: Date;
  team: string | null;
  own: boolean;
  by: string | null;
  who: string | null;
  address: string | null;
  link: string;
  until: Date | null;
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

/** The words of a mail: what happened, its figures, where to go, and what else is to be known. */
export type Words = {
  subject: string;
  title: string;
  lines: string[];
  rows: [string, string][];
  button: string;
  foot: string[];
};

/** What a letter says. Whatever names hold, each of its texts is one line. */
export function wordsOf(email: Letter): Words {
  const clean = Object.fromEntries(Object.entries(email.facts).map(([name, value]) => [name, oneLine(value)]));
  const [team, by, who, address] = [email.team, email.by, email.who, email.address].map((name) =>
    name === null ? null : oneLine(name),
  );
  return WORDS[email.kind]({
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

/** Without line breaks, control characters and what turns the direction of reading: no name makes a header or a line of its own. */
export const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH);

const MAX_LENGTH = 300;

/** An instant as everybody reads it alike: `28 November 2026, 11:42 UTC`. */
export function printInstant(at: Date): string {
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(at);
  return `${day}, ${at.toISOString().slice(11, 16)} UTC`;
}

type Told = Omit<Letter, 'team' | 'who' | 'address'> & {
  team: string;
  who: string;
  address: string;
  when: string;
  end: string | null;
};

const byWhom = (by: string | null): string => (by === null ? 'the operator of this service' : by);

const rowsOf = (...rows: [string, string | null | undefined][]): [string, string][] =>
  rows.filter((row): row is [string, string] => typeof row[1] === 'string' && row[1] !== '');

const REASONS: Record<string, string> = {
  master_short: 'the team’s balance is too low',
  reserve: 'only the team’s reserve is left, which recharges may not use',
  cap_reached: 'the limit of its rule is reached',
};

const ROLES: Record<string, string> = { owner: 'an owner', member: 'a member' };
const roleIn = ({ facts }: Told): string => ROLES[facts['role'] ?? ''] ?? 'a member';

const YOURS = 'If it was not you, use the button and put it right at once.';

const WORDS: Record<Kind, (told: Told) => Words> = {
  invitation: (told) => ({
    subject: `${told.by ?? told.team} invites you to ${told.team}`,
    title: `Join ${told.team}`,
    lines: [`${told.by ?? 'An owner'} invites you to join ${told.team} as ${roleIn(told)}.`],
    rows: rowsOf(
      ['Team', told.team],
      ['Role', told.facts['role']],
      ['Starting credit', told.facts['credit']],
      ['Good until', told.end],
    ),
    button: 'See the invitation',
    foot: ['Opening the link changes nothing: you decide there. If you did not expect it, ignore this mail.'],
  }),
  'invitation-requested': (told) => ({
    subject: `${told.who} asks for a new invitation to ${told.team}`,
    title: 'A new link was asked for',
    lines: [`${told.who} opened an invitation to ${told.team} that has run out, and asks for a new one.`],
    rows: rowsOf(['Team', told.team], ['Address', told.address], ['Asked', told.when]),
    button: 'See the invitations',
    foot: ['Nothing happens until an owner resends it.'],
  }),
  'credit-missing': (told) => ({
    subject: `${told.who} joined ${told.team} without the starting credit`,
    title: 'A starting credit could not be paid',
    lines: [
      `${told.who} joined ${told.team}. Nothing was moved: the master balance was too low for the starting credit, so the member began with 0.`,
    ],
    rows: rowsOf(['Team', told.team], ['Starting credit', told.facts['credit']], ['Joined', told.when]),
    button: 'Go to the team',
    foot: ['Credit the member by hand once the master balance is high enough.'],
  }),
  welcome: (told) => ({
    subject: `Welcome to ${told.team}`,
    title: `Welcome to ${told.team}`,
    lines: [`You are ${roleIn(told)} of ${told.team} now. Sign in with ${told.address}.`],
    rows: rowsOf(['Team', told.team], ['Since', told.when]),
    button: 'Open the team',
    foot: [],
  }),
  'role-changed': (told) => ({
    subject: `${told.own ? 'You are' : `${told.who} is`} now ${roleIn(told)} of ${told.team}`,
    title: 'A role was changed',
    lines: [
      `${told.own ? 'You are' : `${told.who} is`} now ${roleIn(told)} of ${told.team}. No money was moved and no key was changed.`,
    ],
    rows: rowsOf(
      ['Team', told.team],
      ['Whose', told.who],
      ['Role now', told.facts['role']],
      ['Changed by', byWhom(told.by)],
      ['When', told.when],
    ),
    button: 'See your teams',
    foot: [
      'Whoever stepped down as owner can take the role back there, as long as the team has no other active owner.',
    ],
  }),
  'password-reset': (told) => ({
    subject: 'Set a new password',
    title: 'Set a new password',
    lines: [`Somebody asked to set a new password for ${told.address}.`],
    rows: rowsOf(['Asked', told.when], ['Good until', told.end]),
    button: 'Set a new password',
    foot: ['If it was not you, ignore this mail: your password stays as it is.'],
  }),
  'password-changed': (told) => ({
    subject: 'Your password was changed',
    title: 'Your password was changed',
    lines: [`The password for ${told.address} was changed. All other sessions were ended.`],
    rows: rowsOf(['When', told.when], ['From', told.facts['address']]),
    button: 'It was not me',
    foot: ['If it was you, there is nothing to do.'],
  }),
  'sign-up': (told) => ({
    subject: 'Confirm your address',
    title: 'Confirm your address',
    lines: ['Somebody wants to make a new team with this address. If it was you, go on with the button.'],
    rows: rowsOf(['Address', told.address], ['Good until', told.end]),
    button: 'Go on',
    foot: ['If it was not you, ignore this mail: nothing is made.'],
  }),
  'new-sign-in': (told) => ({
    subject: 'A new sign-in to your account',
    title: 'A new sign-in',
    lines: [`Somebody signed in as ${told.address} from a place that was not known before.`],
    rows: rowsOf(['When', told.when], ['From', told.facts['address']], ['With', told.facts['browser']]),
    button: 'See your sessions',
    foot: [`If it was you, there is nothing to do. ${YOURS}`],
  }),
  'two-factor-changed': (told) => ({
    subject: `Two-factor sign-in was ${turned(told)}`,
    title: `Two-factor sign-in was ${turned(told)}`,
    lines: [`For ${told.address}, two-factor sign-in was ${turned(told)}.`],
    rows: rowsOf(['When', told.when], ['From', told.facts['address']]),
    button: 'See two-factor sign-in',
    foot: [`If it was you, there is nothing to do. ${YOURS}`],
  }),
  'key-rotated': (told) => ({
    subject: `Your API key for ${told.team} was rotated`,
    title: 'Your API key was rotated',
    lines: [`Your seat in ${told.team} has a new API key. Programs that use the old one will be refused.`],
    rows: rowsOf(['Team', told.team], ['Seat', told.who], ['Rotated by', byWhom(told.by)], ['When', told.when]),
    button: 'See the key',
    foot: ['The key itself is in no mail. Ask an owner for it, or rotate it once more to have one of your own.'],
  }),
  'key-revealed': (told) => ({
    subject: `Your API key for ${told.team} was shown`,
    title: 'Your API key was shown to an owner',
    lines: [`An owner of ${told.team} looked at the key of your seat. It still works, unchanged.`],
    rows: rowsOf(['Team', told.team], ['Seat', told.who], ['Shown to', byWhom(told.by)], ['When', told.when]),
    button: 'See the key',
    foot: ['If you did not expect this, rotate the key there.'],
  }),
  'low-balance': (told) => {
    const whose = told.own
      ? 'Your balance'
      : told.facts['master']
        ? 'The master balance'
        : `The balance of ${told.who}`;
    return {
      subject: `${whose} in ${told.team} is low`,
      title: `${whose} is low`,
      lines: [`${whose} in ${told.team} is below ${told.facts['below']}.`],
      rows: rowsOf(
        ['Team', told.team],
        ['Balance', told.facts['balance']],
        ['Low below', told.facts['below']],
        ['When', told.when],
      ),
      button: 'See the balance',
      foot: [MUTE],
    };
  },
  'recharge-waiting': (told) => {
    const whose = told.own ? 'Your recharge' : `The recharge of ${told.who}`;
    return {
      subject: `${whose} in ${told.team} is waiting`,
      title: `${whose} is waiting`,
      lines: [
        `${whose} could not be paid: ${REASONS[told.facts['reason'] ?? ''] ?? 'it was refused'}. It will be paid by itself as soon as it can be.`,
      ],
      rows: rowsOf(
        ['Team', told.team],
        ['Balance', told.facts['balance']],
        ['Recharges below', told.facts['below']],
        ['When', told.when],
      ),
      button: 'See why',
      foot: [MUTE],
    };
  },
  'recharge-served': (told) => {
    const whose = told.own ? 'Your recharge' : `The recharge of ${told.who}`;
    return {
      subject: `${whose} in ${told.team} was paid`,
      title: `${whose} was paid`,
      lines: [`${whose}, which had been waiting, was paid.`],
      rows: rowsOf(
        ['Team', told.team],
        ['Recharged', told.facts['amount']],
        ['Balance then', told.facts['balance']],
        ['When', told.when],
      ),
      button: 'See the recharge',
      foot: [MUTE],
    };
  },
  'mail-failed': (told) => ({
    subject: `A mail to ${told.address} did not arrive`,
    title: 'A mail did not arrive',
    lines: [
      `A mail of ${told.team} to ${told.address} ${told.facts['state'] === 'bounced' ? 'came back' : 'could not be sent'}.`,
    ],
    rows: rowsOf(
      ['Team', told.team],
      ['Address', told.address],
      ['About', ABOUT[told.facts['lost'] ?? ''] ?? told.facts['lost']],
      ['Why', told.facts['why']],
      ['When', told.when],
    ),
    button: told.facts['lost'] === 'invitation' ? 'See the invitations' : 'Open the team',
    foot: ['Check the address. An invitation’s link can be copied and handed over in another way.', MUTE],
  }),
  'alert-digest': (told) => {
    const alerts = Object.entries(told.facts).filter(([name]) => name !== 'count');
    const count = Number(told.facts['count'] ?? alerts.length) || alerts.length;
    const more = count - alerts.length;
    return {
      subject: `${plural(count, 'more alert', 'more alerts')} from ${told.team}`,
      title: `${plural(count, 'more alert', 'more alerts')} in the last hour`,
      lines: [`You got several alerts from ${told.team} within an hour. These came after them.`],
      rows: [
        ...alerts.map(([name, text]): [string, string] => [DIGESTED[name.replace(/^\d+ /, '')] ?? 'Alert', text]),
        ...(more > 0 ? rowsOf(['And', `${more} more`]) : []),
      ],
      button: 'Open the overview',
      foot: [MUTE],
    };
  },
  'member-deleted': (told) => ({
    subject: `${told.own ? 'Your seat' : told.who} in ${told.team} was deleted`,
    title: told.own ? 'Your seat was deleted' : `${told.who} was deleted`,
    lines: [
      `${told.own ? 'Your seat' : `The seat of ${told.who}`} in ${told.team} was deleted. Its balance went back to the team, and its key no longer works. Its log is kept.`,
    ],
    rows: rowsOf(
      ['Team', told.team],
      ['Deleted by', byWhom(told.by)],
      ['When', told.when],
      ['Can be restored until', told.end],
    ),
    button: told.own ? 'Open Purser' : 'See deleted members',
    foot: told.own ? ['An owner of the team can restore it until then.'] : [],
  }),
};

const MUTE = 'Under Alerts in your account you choose which of these mails you get.';

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const DIGESTED: Record<string, string> = {
  'low-balance': 'Low balance',
  'recharge-waiting': 'Waiting recharge',
  'recharge-served': 'Recharge paid',
  'mail-failed': 'Email not delivered',
};

const ABOUT: Record<string, string> = {
  invitation: 'an invitation',
  'invitation-requested': 'a request for a new invitation',
  'credit-missing': 'a starting credit',
  welcome: 'a welcome',
  'role-changed': 'a changed role',
  'key-rotated': 'a rotated key',
  'key-revealed': 'a key that was shown',
  'low-balance': 'a low balance',
  'recharge-waiting': 'a waiting recharge',
  'recharge-served': 'a recharge that was paid',
  'member-deleted': 'a deleted member',
};

function turned({ facts }: Told): string {
  if (facts['on'] === undefined) return 'changed';
  return facts['on'] === 'true' ? 'switched on' : 'switched off';
}
