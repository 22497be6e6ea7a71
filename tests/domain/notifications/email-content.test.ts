import { describe, expect, it } from 'vitest';
import { newRequestId } from '@/server/domain/core/ids';
import { createInvitation } from '@/server/domain/teams/invitations/write';
import { acceptInvitation } from '@/server/domain/teams/invitation-acceptance/write';
import { linkToken } from '@/server/domain/identity/email-links/rules';
import { endTwoFactor } from '@/server/domain/identity/users/write';
import { sendMail } from '@/server/jobs/send-email';
import type { Mailer, OutgoingMail } from '@/server/outbound/mail/mailer';
import { services } from '@/server/http/services';
import { mailing, withMail } from '../../support/mail';
import { enableTwoFactorFor, signInAs, visitor, makeOwnerWithPassword, PASSWORD } from '../../support/visitors';
import { makeTeam, ownerPool, someAddress } from '../../support/team';
import { mailLink } from '@/server/domain/identity/email-links/write';
import { changePassword, requestPasswordReset, resetPassword } from '@/server/domain/identity/passwords/write';

/** Returns the last email of a kind to an address as it is sent: the row of the command and the text made from it. */
async function lastMail(kind: string, address: string): Promise<OutgoingMail> {
  const { rows } = await ownerPool().query<{ id: string }>(
    'SELECT id FROM mails WHERE kind = $1 AND address = $2 ORDER BY id DESC LIMIT 1',
    [kind, address],
  );
  const sent: OutgoingMail[] = [];
  const mailer: Mailer = {
    name: 'stand-in',
    send: async (mail) => {
      sent.push(mail);
      return { providerId: null };
    },
  };
  await sendMail(mailing(), mailer, rows[0]!.id);
  return sent[0]!;
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe('an email about one’s own account', () => {
  it('names the browser and the network of a sign-in', async () => {
    const { email } = await makeOwnerWithPassword();
    await signInAs(email);
    const elsewhere = visitor(undefined, FIREFOX);
    await signInAs(email, elsewhere);
    const { text } = await lastMail('new-sign-in', email);
    expect(text).toContain('Browser: Firefox on Linux');
    expect(text).toContain(`IP address: ${elsewhere.origin.address}`);
  });

  it('says that two-factor sign-in was switched on or off, and from which network', async () => {
    const { email } = await makeOwnerWithPassword();
    const user = await signInAs(email);
    await enableTwoFactorFor(user);
    const on = await lastMail('two-factor-changed', email);
    expect(on.subject).toBe('Two-factor authentication was turned on');
    expect(on.text).toContain(`IP address: ${user.origin.address}`);
    await endTwoFactor(user, { password: PASSWORD });
    expect((await lastMail('two-factor-changed', email)).subject).toBe('Two-factor authentication was turned off');
  });

  it('names the network of a password change, by the old password or by a link', async () => {
    const { email } = await makeOwnerWithPassword();
    const user = await signInAs(email);
    await changePassword(user, { current: PASSWORD, password: 'another horse, another battery' });
    expect((await lastMail('password-changed', email)).text).toContain(`IP address: ${user.origin.address}`);
    const ctx = visitor();
    await requestPasswordReset(ctx, { email });
    const { rows } = await ownerPool().query<{ id: string }>('SELECT id FROM mailed_links WHERE email = $1', [email]);
    await mailLink(ctx, rows[0]!.id);
    await resetPassword(ctx, { token: linkToken(ctx.vault, rows[0]!.id), password: PASSWORD });
    expect((await lastMail('password-changed', email)).text).toContain(`IP address: ${ctx.origin.address}`);
  });
});

describe('a welcome email', () => {
  it.each(['owner', 'member'] as const)('names the role: %s', async (role) => {
    const team = await makeTeam();
    const email = someAddress();
    const { url } = await createInvitation(withMail(team.owner), { email, role });
    const ctx = {
      ...services(),
      mail: 'smtp' as const,
      user: null,
      origin: visitor().origin,
      requestId: newRequestId(),
    };
    await acceptInvitation(ctx, { token: url!.split('/').at(-1)!, name: 'Jo', password: PASSWORD });
    const { text } = await lastMail('welcome', email);
    expect(text).toContain(role === 'owner' ? 'You’re now an owner of' : 'You’re now a member of');
  });
});
