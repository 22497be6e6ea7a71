import { describe, expect, it } from 'vitest';
import type { Context } from '@/server/domain/core/context';
import { MAILS_OF_TEAM, MAILS_TO_ADDRESS, mailsAllowed } from '@/server/domain/teams/invitations/rules';
import { createInvitation, resendInvitation, revokeInvitation } from '@/server/domain/teams/invitations/write';
import { mailsOf, withMail } from '../../support/mail';
import { makeTeam, ownerPool, someAddress, type TestTeam } from '../../support/team';

const LIMITED = { code: 'rate_limited' };

const inviting = async (): Promise<{ team: TestTeam; owner: Context }> => {
  const team = await makeTeam();
  return { team, owner: withMail(team.owner) };
};
const mailed = async ({ teamId }: TestTeam, address: string): Promise<number> =>
  (await mailsOf(teamId)).filter((mail) => mail.kind === 'invitation' && mail.address === address).length;

/** Moves the emails of a team back by that many hours. */
const age = ({ teamId }: TestTeam, hours: number) =>
  ownerPool().query('UPDATE mails SET created_at = created_at - make_interval(hours => $2) WHERE team_id = $1', [
    teamId,
    hours,
  ]);

/** Inserts that many invitation emails of the team as sent just now, each to another address. */
const mailedBefore = ({ teamId }: TestTeam, count: number) =>
  ownerPool().query(
    `INSERT INTO mails (id, team_id, kind, address, state)
     SELECT gen_random_uuid(), $1, 'invitation', 'before-' || n || '@example.test', 'sent' FROM generate_series(1, $2::int) n`,
    [teamId, count],
  );

describe('invitations by mail', () => {
  it('are limited to five a day to one address, whether it is invited, invited again or sent another link', async () => {
    const { team, owner } = await inviting();
    const email = someAddress();
    const first = await createInvitation(owner, { email });
    await resendInvitation(owner, first.id);
    await revokeInvitation(owner, first.id);
    const second = await createInvitation(owner, { email });
    await resendInvitation(owner, second.id);
    await resendInvitation(owner, second.id);
    const refused = await resendInvitation(owner, second.id).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      ...LIMITED,
      facts: { detail: expect.stringMatching(/5 invitations to this address.*Try again in 24 hours/) },
    });
    expect((refused as { facts: { retryAfterSeconds: number } }).facts.retryAfterSeconds).toBeGreaterThan(86_000);
    await revokeInvitation(owner, second.id);
    await expect(createInvitation(owner, { email })).rejects.toMatchObject(LIMITED);
    expect(await mailed(team, email)).toBe(MAILS_TO_ADDRESS);
    // Another address, and the same address in another team, do not count.
    await createInvitation(owner, { email: someAddress() });
    await createInvitation((await inviting()).owner, { email });
    await age(team, 24);
    await createInvitation(owner, { email });
  });

  it('are limited to five to one address when many are requested at once', async () => {
    const { team, owner } = await inviting();
    const email = someAddress();
    const { id } = await createInvitation(owner, { email });
    const all = await Promise.allSettled(Array.from({ length: 40 }, () => resendInvitation(owner, id)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(MAILS_TO_ADDRESS - 1);
    expect(await mailed(team, email)).toBe(MAILS_TO_ADDRESS);
  });

  it('are limited by the size of the team, without affecting another team', async () => {
    const { team, owner } = await inviting();
    await mailedBefore(team, MAILS_OF_TEAM - 1);
    await createInvitation(owner, { email: someAddress() });
    await expect(createInvitation(owner, { email: someAddress() })).rejects.toMatchObject({
      ...LIMITED,
      facts: { detail: expect.stringMatching(/50 invitations within 24 hours/), retryAfterSeconds: expect.any(Number) },
    });
    await createInvitation((await inviting()).owner, { email: someAddress() });
    await ownerPool().query(
      `INSERT INTO members (team_id, id, name, email, role) SELECT $1, gen_random_uuid(), 'M', 'm-' || n || '@members.invalid', 'member'
       FROM generate_series(1, 25) n`,
      [team.teamId],
    );
    // A team of 26 members can send 52.
    expect(mailsAllowed(26)).toBe(52);
    await createInvitation(owner, { email: someAddress() });
    await createInvitation(owner, { email: someAddress() });
    await expect(createInvitation(owner, { email: someAddress() })).rejects.toMatchObject(LIMITED);
  });

  it('are not limited where no email is sent: a copied link fills no mailbox', async () => {
    const { team } = await inviting();
    const { id } = await createInvitation(team.owner, { email: someAddress() });
    for (let i = 0; i < 6; i += 1) await resendInvitation(team.owner, id);
  });
});
