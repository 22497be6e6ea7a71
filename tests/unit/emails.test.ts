import { describe, expect, it } from 'vitest';
import { MAIL_KINDS } from '@/server/domain/notifications/emails/rules';
import { renderEmail } from '@/server/outbound/mail/email-template';
import { oneLine, type EmailContent } from '@/server/outbound/mail/email-texts';

const LINK = 'https://purser.test/here?a=1&b=2';
const HOSTILE = '<img src=x onerror=alert(1)>"\'&\r\nBcc: victim@example.test\u202egnp.exe\u2028<script>';

/** Returns an email of a kind in which every text is hostile. */
const emailOf = (kind: EmailContent['kind'], text = HOSTILE, more: Partial<EmailContent> = {}): EmailContent => ({
  kind,
  at: new Date('2026-11-28T11:42:00Z'),
  team: text,
  own: false,
  by: text,
  who: text,
  address: text,
  link: LINK,
  until: new Date('2026-12-05T11:42:00Z'),
  facts: Object.fromEntries(
    ['role', 'amount', 'balance', 'below', 'credit', 'reason', 'why', 'lost', 'state', 'address', 'browser', 'on'].map(
      (name) => [name, text],
    ),
  ),
  ...more,
});

/** Returns the addresses that the HTML fetches or links to: in attributes and in styles. */
function addressesIn(html: string): string[] {
  const attributes = [...html.matchAll(/\s(?:src|href|background|action|srcset|poster|data)\s*=\s*"([^"]*)"/gi)];
  const styles = [...html.matchAll(/url\(([^)]*)\)|@import\s+([^;]+)/gi)];
  return [...attributes.map(([, value]) => value!), ...styles.map(([, one, other]) => one ?? other!)];
}

const visible = (html: string): string => html.replaceAll('<!-- -->', '').replaceAll('&amp;', '&');

describe.each(MAIL_KINDS)('an email of the kind %s', (kind) => {
  it('keeps hostile names as text', async () => {
    const { subject, html, text } = await renderEmail(emailOf(kind));
    expect(html).not.toMatch(/<img|<script/i);
    expect(html).not.toContain('"\'&');
    // A name adds no line and no header, and cannot change the reading direction.
    expect(subject).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(text).not.toMatch(/^Bcc:/m);
    expect(`${html}${text}`).not.toMatch(/[\u2028\u202e]/);
  });

  it('fetches nothing, and links to its one link only', async () => {
    const { html, text } = await renderEmail(emailOf(kind, 'Acme'));
    expect(new Set(addressesIn(html).map((one) => one.replaceAll('&amp;', '&')))).toEqual(new Set([LINK]));
    expect(html).not.toMatch(/<(img|link|style|script|iframe|form|video|audio|object|base)\b/i);
    expect(text.match(/https?:\/\/\S+/g)).toEqual([LINK]);
    expect(visible(html).split(LINK).length - 1).toBeGreaterThanOrEqual(2);
  });

  it('says the same as text and as HTML, and names its team', async () => {
    const { subject, html, text } = await renderEmail(emailOf(kind, 'Acme'));
    expect(subject.length).toBeGreaterThan(10);
    expect(text).not.toMatch(/undefined|null|\[object/);
    for (const line of text.split('\n').filter((one) => one !== '' && !one.includes(': ') && !one.endsWith(':'))) {
      expect(visible(html)).toContain(line);
    }
    const isOfNoTeam = /password|sign|two-factor/.test(kind);
    if (!isOfNoTeam) expect(`${subject} ${text}`).toContain('Acme');
  });

  it('is readable in dark mode: each text has a background of its own', async () => {
    const { html } = await renderEmail(emailOf(kind, 'Acme'));
    expect(html).toContain('<meta name="color-scheme" content="light"');
    expect(html).toMatch(/<body[^>]*background-color:#ffffff/);
    const styles = [...html.matchAll(/style="([^"]*)"/g)].map(([, style]) => style!);
    const white = styles.filter((style) => /(^|;)color:#ffffff/.test(style));
    expect(white.every((style) => /background-color:#1a1b1e/.test(style))).toBe(true);
  });
});

describe('the words', () => {
  it('say when, in UTC', async () => {
    const { text } = await renderEmail(emailOf('role-changed', 'Acme'));
    expect(text).toContain('Date: 28 November 2026, 11:42 UTC');
  });

  it('address the recipient directly when it is about them', async () => {
    const own = await renderEmail(
      emailOf('low-balance', 'Acme', { own: true, facts: { balance: '1.00 USD', below: '2.00 USD' } }),
    );
    expect(own.subject).toBe('Your balance in Acme is low');
    const master = await renderEmail(emailOf('low-balance', 'Acme', { facts: { master: 'true', below: '2.00 USD' } }));
    expect(master.subject).toBe('The master balance in Acme is low');
  });

  it('keep any script, and shorten endless names', () => {
    expect(oneLine('Ärzte 株式会社 مكتب 👩‍👩‍👧')).toBe('Ärzte 株式会社 مكتب 👩‍👩‍👧');
    expect(oneLine('x'.repeat(5_000))).toHaveLength(300);
  });
});
