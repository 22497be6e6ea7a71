import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemberInput } from '@/server/domain/teams/members/schema';
import { createMember, deleteMember, revealKey, rotateKey, setRole } from '@/server/domain/teams/members/write';
import { claimMail, listAbandonedMails, queueMail } from '@/server/domain/notifications/emails/write';
import { canBeMailed, MAIL_TRIES } from '@/server/domain/notifications/emails/rules';
import { inUserTransaction } from '@/server/domain/core/user-context';
import { updateTeam } from '@/server/domain/teams/teams/write';
import { sendMail } from '@/server/jobs/send-email';
import { MailError, type Mailer, type OutgoingMail } from '@/server/outbound/mail/mailer';
import { makeSmtp } from '@/server/outbound/mail/smtp';
import {
  APP_URL,
  doJobs,
  fieldsOf,
  mailing,
  mailsOf,
  openSmtp,
  readAll,
  withMail,
  type Taken,
} from '../../support/mail';
import { addMember, ctxOf, makeTeam, ownerPool, type TestTeam } from '../../support/team';

const FROM = 'Purser <mail@purser.test>';

/** Decodes the text of an email. */
const textOf = ({ raw }: Taken): string =>
  raw
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

let made = 0;
const someAddress = (): string => `somebody-${(made += 1)}-${process.pid}@example.test`;

/** Queues an email that any team can have. */
async function queueOne(team: TestTeam, address = someAddress()): Promise<string> {
  const id = await inUserTransaction(mailing(), (tx) =>
    queueMail(tx, { kind: 'welcome', address, teamId: team.teamId, memberId: team.ownerId, about: team.ownerId }),
  );
  return id!;
}

const rowOf = async (id: string) =>
  (
    await ownerPool().query<{ state: string; attempts: number; error: string | null }>(
      'SELECT * FROM mails WHERE id = $1',
      [id],
    )
  ).rows[0];

/** Makes a mailer that answers by a given function and records the emails. */
function makeStandIn(answer: (mail: OutgoingMail) => Promise<{ providerId: string | null }>) {
  const given: OutgoingMail[] = [];
  const mailer: Mailer = {
    name: 'stand-in',
    send: async (mail) => {
      given.push(mail);
      return answer(mail);
    },
  };
  return { given, mailer };
}

const takesAll = () => makeStandIn(async () => ({ providerId: null }));

describe('an email by a real SMTP server', () => {
  let smtp: Awaited<ReturnType<typeof openSmtp>>;
  beforeAll(async () => {
    smtp = await openSmtp();
  });
  afterAll(() => smtp.close());

  it('about a role change reaches each active owner and the user themselves, with a way to take the role back', async () => {
    const team = await makeTeam({ name: 'Acme & Söhne' });
    const [second, user] = [someAddress(), someAddress()];
    await addMember(team, { role: 'owner', name: 'Second', email: second });
    const gone = await addMember(team, { role: 'owner', name: 'Inactive', email: someAddress() });
    await ownerPool().query(`UPDATE members SET status = 'inactive' WHERE id = $1`, [gone.id]);
    const membership = await addMember(team, { name: 'Ann', email: user });
    await setRole(withMail(team.owner), { memberId: membership.id, role: 'owner' });
    await doJobs(makeSmtp({ from: FROM, url: smtp.url }));
    const ours = await mailsOf(team.teamId);
    expect(ours.map(({ state, kind }) => `${kind} ${state}`)).toEqual(Array(3).fill('role-changed sent'));
    const taken = smtp.taken.filter(({ to }) => ours.some(({ address }) => to.includes(address)));
    expect(taken.map(({ to }) => to.join()).toSorted()).toEqual(ours.map(({ address }) => address).toSorted());
    const hers = taken.find(({ to }) => to[0] === user)!;
    const id = ours.find(({ address }) => address === user)!.id;
    expect(fieldsOf(hers).get('message-id')).toEqual([`<${id}@purser.test>`]);
    expect(fieldsOf(hers).get('from')).toEqual([FROM]);
    expect(fieldsOf(hers).get('to')).toEqual([user]);
    expect(fieldsOf(hers).get('auto-submitted')).toEqual(['auto-generated']);
    expect(fieldsOf(hers).get('content-type')![0]).toMatch(/^multipart\/alternative/);
    expect(textOf(hers)).toContain(`${APP_URL}/account/teams`);
    expect(textOf(hers)).toContain('Changed by: First Owner');
  });

  it('gains no header and no recipient from names and addresses', async () => {
    const name = 'Evil\r\nBcc: victim@example.test\r\n\r\nHello';
    const team = await makeTeam();
    const user = someAddress();
    const membership = await addMember(team, { name: 'Ann', email: user });
    // No channel takes such names, so they are written into the table.
    await ownerPool().query('UPDATE teams SET name = $2 WHERE id = $1', [team.teamId, name]);
    await ownerPool().query('UPDATE members SET name = $2 WHERE id = $1', [membership.id, name]);
    await setRole(withMail(team.owner), { memberId: membership.id, role: 'owner' });
    const evil = [
      `${someAddress()}\r\nBcc: victim@example.test`,
      `${someAddress()}, victim@example.test`,
      `"x" <victim@example.test>`,
      `victim@example.test>\r\nDATA`,
    ];
    const ids = [];
    for (const address of evil) ids.push(await queueOne(team, address));
    await doJobs(makeSmtp({ from: FROM, url: smtp.url }));
    for (const id of ids) expect(await rowOf(id)).toMatchObject({ state: 'failed', attempts: 1 });
    expect(smtp.taken.flatMap(({ to }) => to)).not.toContain('victim@example.test');
    const hers = smtp.taken.find(({ to }) => to.includes(user))!;
    expect([...fieldsOf(hers).keys()]).not.toContain('bcc');
    expect(fieldsOf(hers).get('subject')).toEqual(['You are now an owner of Evil Bcc: victim@example.test Hello']);
  });

  it('is sent for a key that another user rotated or revealed, not for one’s own action', async () => {
    const team = await makeTeam();
    const membership = await addMember(team, { name: 'Ann', email: someAddress() });
    await rotateKey(withMail(await ctxOf(membership.key)), { memberId: membership.id, overlapSeconds: 60 });
    await revealKey(withMail(team.owner), team.ownerId);
    expect(await mailsOf(team.teamId)).toEqual([]);
    const rotated = await rotateKey(withMail(team.owner), { memberId: membership.id, overlapSeconds: 0 });
    await revealKey(withMail(team.owner), membership.id);
    await doJobs(makeSmtp({ from: FROM, url: smtp.url }));
    const sent = (await mailsOf(team.teamId)).map(({ kind, member_id, state }) => [kind, member_id, state]);
    expect(sent).toEqual([
      ['key-rotated', membership.id, 'sent'],
      ['key-revealed', membership.id, 'sent'],
    ]);
    const all = smtp.taken.map(textOf).join('\n');
    expect(all).not.toContain(rotated.secrets.apiKey);
    expect(all).not.toContain('pur_live_');
  });

  it('says until when a deletion can be undone', async () => {
    const team = await makeTeam();
    const address = someAddress();
    const membership = await addMember(team, { name: 'Ann', email: address, credit: '5' });
    const { member } = await deleteMember(withMail(team.owner), membership.id);
    await doJobs(makeSmtp({ from: FROM, url: smtp.url }));
    const until = new Date(member.deletedAt!.getTime() + 14 * 86_400_000).toISOString();
    const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(until));
    const hers = smtp.taken.find(({ to }) => to.includes(address))!;
    expect(textOf(hers)).toContain(`Restorable until: ${day}, ${until.slice(11, 16)} UTC`);
    expect(textOf(hers)).not.toContain('/members');
    expect((await mailsOf(team.teamId)).map(({ kind }) => kind)).toEqual(['member-deleted', 'member-deleted']);
  });

  it('is not sent to a generated address, nor for a change that was rolled back', async () => {
    const team = await makeTeam();
    const membership = await addMember(team, { name: 'Bot' });
    await setRole(withMail(team.owner), { memberId: membership.id, role: 'owner' });
    const addresses = (await mailsOf(team.teamId)).map(({ address }) => address);
    expect(addresses).toHaveLength(1);
    expect(addresses[0]).not.toMatch(/invalid$/);
    // The demo's mailbox accepts addresses with this ending, but these are generated ones.
    expect(canBeMailed('owner@demo.invalid', 'mailbox')).toBe(true);
    expect(canBeMailed(membership.member.email, 'mailbox')).toBe(false);
    const before = addresses.length;
    const broken = inUserTransaction(mailing(), async (tx) => {
      await queueMail(tx, { kind: 'welcome', address: someAddress(), teamId: team.teamId });
      throw new Error('taken back');
    });
    await expect(broken).rejects.toThrow('taken back');
    await doJobs(makeSmtp({ from: FROM, url: smtp.url }));
    expect(await mailsOf(team.teamId)).toHaveLength(before);
    expect(smtp.taken.flatMap(({ to }) => to).filter((to) => to.endsWith('.invalid'))).toEqual([]);
  });

  it('is not queued where no way to send email is set up', async () => {
    const team = await makeTeam();
    const membership = await addMember(team, { email: someAddress() });
    await setRole(team.owner, { memberId: membership.id, role: 'owner' });
    expect(await mailsOf(team.teamId)).toEqual([]);
  });
});

describe('an email that is not accepted', () => {
  it('is retried while a server is busy, under the same Message-ID, and then sent', async () => {
    let busy = true;
    const ids: string[] = [];
    const smtp = await openSmtp({
      onData(stream, session, callback) {
        void readAll(stream, session).then((mail) => {
          ids.push(fieldsOf(mail).get('message-id')![0]!);
          callback(busy ? Object.assign(new Error('Try later'), { responseCode: 451 }) : null);
        });
      },
    });
    const id = await queueOne(await makeTeam());
    const mailer = makeSmtp({ from: FROM, url: smtp.url });
    await expect(sendMail(mailing(), mailer, id)).rejects.toThrow('was not taken');
    expect(await rowOf(id)).toMatchObject({ state: 'queued', attempts: 1, error: expect.stringContaining('451') });
    busy = false;
    await sendMail(mailing(), mailer, id);
    expect(await rowOf(id)).toMatchObject({ state: 'sent', attempts: 2, error: null });
    expect(ids).toEqual([`<${id}@purser.test>`, `<${id}@purser.test>`]);
    await smtp.close();
  });

  it('fails at once on a permanent refusal', async () => {
    const smtp = await openSmtp({
      onRcptTo: (_address, _session, callback) =>
        callback(Object.assign(new Error('No such mailbox'), { responseCode: 550 })),
    });
    const id = await queueOne(await makeTeam());
    await sendMail(mailing(), makeSmtp({ from: FROM, url: smtp.url }), id);
    expect(await rowOf(id)).toMatchObject({
      state: 'failed',
      attempts: 1,
      error: expect.stringContaining('No such mailbox'),
    });
    await smtp.close();
  });

  it('fails after the last retry, and waits that long for a server that is away', async () => {
    const id = await queueOne(await makeTeam());
    const mailer = makeSmtp({ from: FROM, url: 'smtp://127.0.0.1:1' });
    for (let i = 1; i < MAIL_TRIES; i += 1) await expect(sendMail(mailing(), mailer, id)).rejects.toThrow();
    expect(await rowOf(id)).toMatchObject({ state: 'queued', attempts: MAIL_TRIES - 1 });
    await sendMail(mailing(), mailer, id);
    expect(await rowOf(id)).toMatchObject({ state: 'failed', attempts: MAIL_TRIES });
    await sendMail(mailing(), mailer, id);
    expect(await rowOf(id)).toMatchObject({ attempts: MAIL_TRIES });
  });

  it('delays no other: emails do not wait for each other in the queue, as other jobs of a team do', async () => {
    const team = await makeTeam();
    const [one, other] = [await queueOne(team), await queueOne(team)];
    await doJobs(null);
    const { rows } = await ownerPool().query<{ mail: string; queue: number | null }>(
      `SELECT payload->>'mailId' AS mail, job_queue_id AS queue FROM graphile_worker._private_jobs WHERE payload->>'mailId' IN ($1, $2)`,
      [one, other],
    );
    expect(rows.map(({ mail }) => mail).toSorted()).toEqual([one, other].toSorted());
    expect(rows.map(({ queue }) => queue)).toEqual([null, null]);
    await doJobs(takesAll().mailer);
  });

  it('is retried by the queue itself', async () => {
    let calls = 0;
    const { mailer, given } = makeStandIn(async () => {
      calls += 1;
      if (calls === 1) throw new MailError('busy', false);
      return { providerId: 'theirs' };
    });
    const id = await queueOne(await makeTeam());
    await doJobs(mailer);
    expect(await rowOf(id)).toMatchObject({ state: 'queued' });
    // The queue waits before a retry, so its clock is put forward.
    await ownerPool().query(
      `UPDATE graphile_worker._private_jobs SET run_at = now() - interval '1 second' WHERE run_at > now()`,
    );
    await doJobs(mailer);
    expect(await rowOf(id)).toMatchObject({ state: 'sent', provider_id: 'theirs' });
    expect(given.filter((mail) => mail.id === id)).toHaveLength(2);
  });
});

describe('a worker that dies', () => {
  const passClaims = (id: string) =>
    ownerPool().query(`UPDATE mails SET claimed_until = now() - interval '1 second' WHERE id = $1`, [id]);

  it('sends the email again under the same id when it was accepted but not recorded', async () => {
    const { mailer, given } = takesAll();
    const id = await queueOne(await makeTeam());
    const claimed = await claimMail(mailing(), id);
    await mailer.send({ id, to: claimed!.address, subject: '', html: '', text: '' });
    // The worker is dead. While its claim lasts no other worker takes the email, then the next one does.
    await sendMail(mailing(), mailer, id);
    expect(given).toHaveLength(1);
    expect(await listAbandonedMails(mailing())).not.toContain(id);
    await passClaims(id);
    expect(await listAbandonedMails(mailing())).toContain(id);
    await sendMail(mailing(), mailer, id);
    expect(given.map((mail) => mail.id)).toEqual([id, id]);
    expect(await rowOf(id)).toMatchObject({ state: 'sent', attempts: 2 });
  });

  it('leaves the email to be sent when it was not accepted', async () => {
    const { mailer, given } = takesAll();
    const id = await queueOne(await makeTeam());
    await claimMail(mailing(), id);
    await passClaims(id);
    await sendMail(mailing(), mailer, id);
    expect(given.map((mail) => mail.id)).toEqual([id]);
  });

  it('does not send the email again once it is recorded', async () => {
    const { mailer, given } = takesAll();
    const id = await queueOne(await makeTeam());
    await sendMail(mailing(), mailer, id);
    await passClaims(id);
    await sendMail(mailing(), mailer, id);
    expect(given).toHaveLength(1);
  });

  it('sends the email once with two workers at it', async () => {
    const { mailer, given } = takesAll();
    const id = await queueOne(await makeTeam());
    await Promise.all(Array.from({ length: 8 }, () => sendMail(mailing(), mailer, id)));
    expect(given).toHaveLength(1);
  });

  it('fails the email after a day', async () => {
    const id = await queueOne(await makeTeam());
    await ownerPool().query(`UPDATE mails SET created_at = now() - interval '25 hours' WHERE id = $1`, [id]);
    expect(await listAbandonedMails(mailing())).not.toContain(id);
    expect(await rowOf(id)).toMatchObject({ state: 'failed' });
  });
});

describe('an outdated email', () => {
  it.each([
    ['used', 'used_at = now()'],
    ['expired', `expires_at = now() - interval '1 second'`],
  ])('is not sent: a link that is %s', async (_what, set) => {
    const { mailer, given } = takesAll();
    const link = crypto.randomUUID();
    await ownerPool().query(
      `INSERT INTO mailed_links (id, kind, email, expires_at) VALUES ($1, 'reset', 'a@example.test', now() + interval '1 hour')`,
      [link],
    );
    const queue = () =>
      inUserTransaction(mailing(), (tx) =>
        queueMail(tx, { kind: 'password-reset', address: someAddress(), about: link }),
      );
    const [open, over] = [await queue(), await queue()];
    await sendMail(mailing(), mailer, open!);
    expect(given).toHaveLength(1);
    expect(given[0]!.text).toContain(`${APP_URL}/reset/`);
    await ownerPool().query(`UPDATE mailed_links SET ${set} WHERE id = $1`, [link]);
    await sendMail(mailing(), mailer, over!);
    expect(given).toHaveLength(1);
    expect(await rowOf(over!)).toBeUndefined();
  });

  const invite = async (team: TestTeam, email: string) => {
    const id = crypto.randomUUID();
    const mailId = await inUserTransaction(mailing(), (tx) =>
      queueMail(tx, { kind: 'invitation', address: email, teamId: team.teamId, about: id }),
    );
    await ownerPool().query(
      `INSERT INTO invitations (team_id, id, email, role, status, credit, expires_at, actor_type, actor_name, mail_id)
       VALUES ($1, $2, $3, 'member', 'pending', 12500000, now() + interval '7 days', 'user', 'Dana', $4)`,
      [team.teamId, id, email, mailId],
    );
    return { id, mailId: mailId! };
  };

  it('is not sent for an invitation that was revoked, has expired or was sent again; an open one is', async () => {
    const team = await makeTeam({ name: 'Acme' });
    const { mailer, given } = takesAll();
    const set = (id: string, what: string) => ownerPool().query(`UPDATE invitations SET ${what} WHERE id = $1`, [id]);
    const open = await invite(team, someAddress());
    const [revoked, old, anew] = [
      await invite(team, someAddress()),
      await invite(team, someAddress()),
      await invite(team, someAddress()),
    ];
    await set(revoked.id, `status = 'revoked', closed_at = now()`);
    await set(old.id, `expires_at = now() - interval '1 minute'`);
    await set(anew.id, `mail_id = gen_random_uuid(), version = 2`);
    for (const { mailId } of [open, revoked, old, anew]) await sendMail(mailing(), mailer, mailId);
    expect(given.map(({ id }) => id)).toEqual([open.mailId]);
    expect(given[0]!.subject).toBe('Dana invited you to Acme');
    expect(given[0]!.text).toContain('Starting credit: 12.50 USD');
    expect(given[0]!.text).toContain(`${APP_URL}/invite/`);
  });
});

it('has the names of the moment when it is sent', async () => {
  const team = await makeTeam({ name: 'Before' });
  const { mailer, given } = takesAll();
  const { member } = await createMember(
    team.operator,
    await createMemberInput.parseAsync({ email: someAddress(), name: 'Ann' }),
  );
  await setRole(withMail(team.owner), { memberId: member.id, role: 'owner' });
  await updateTeam(team.owner, { name: 'After' });
  for (const { id } of await mailsOf(team.teamId)) await sendMail(mailing(), mailer, id);
  expect(given.map(({ subject }) => subject)).toEqual([
    'Ann is now an owner of After',
    'You are now an owner of After',
  ]);
});
