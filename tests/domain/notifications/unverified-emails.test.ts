import { beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '@/server/domain/core/context';
import { newUuid7 } from '@/server/domain/core/ids';
import { MAILS_TO_UNVERIFIED } from '@/server/domain/notifications/emails/rules';
import { deleteMember, restoreMember, revealKey, rotateKey, setRole } from '@/server/domain/teams/members/write';
import { mailsOf, withMail } from '../../support/mail';
import { addMember, makeTeam, ownerPool, someAddress, type TestTeam } from '../../support/team';

let team: TestTeam;
let owner: Context;
beforeEach(async () => {
  team = await makeTeam();
  owner = withMail(team.owner);
});

const mailed = async (address: string, of = team): Promise<number> =>
  (await mailsOf(of.teamId)).filter((mail) => mail.address === address && mail.state !== 'digested').length;
const make = (email = someAddress()) => addMember(team, { email });
const flip = async (memberId: string, times: number): Promise<void> => {
  for (let i = 0; i < times; i += 1) await setRole(owner, { memberId, role: i % 2 === 0 ? 'owner' : 'member' });
};
/** Creates a user with this address, verified or not. */
const addUser = (email: string, verified: boolean) =>
  ownerPool().query(
    `INSERT INTO users (id, email, name, email_proven_at) VALUES ($1, $2, 'Someone', CASE WHEN $3 THEN now() END)`,
    [newUuid7(), email, verified],
  );

const WAYS: Record<string, (memberId: string) => Promise<unknown>> = {
  'role changes': (memberId) => flip(memberId, 8),
  deletions: async (memberId) => {
    for (let i = 0; i < 8; i += 1) {
      await deleteMember(owner, memberId);
      await restoreMember(owner, memberId);
    }
  },
  'new keys': async (memberId) => {
    for (let i = 0; i < 8; i += 1) await rotateKey(owner, { memberId, overlapSeconds: 0 });
  },
  'looks at a key': async (memberId) => {
    for (let i = 0; i < 8; i += 1) await revealKey(owner, memberId);
  },
  'each in turn': async (memberId) => {
    for (let i = 0; i < 2; i += 1) {
      await flip(memberId, 2);
      await rotateKey(owner, { memberId, overlapSeconds: 0 });
      await revealKey(owner, memberId);
      await deleteMember(owner, memberId);
      await restoreMember(owner, memberId);
    }
  },
};

describe('an unverified address', () => {
  it.each(Object.entries(WAYS))(
    'gets at most five emails a day and team, whatever an owner does: %s',
    async (_name, act) => {
      const { id, member } = await make();
      await act(id);
      expect(await mailed(member.email)).toBe(MAILS_TO_UNVERIFIED);
    },
  );

  it('gets at most five even as another owner, and as the sign-in of a user who never verified it', async () => {
    const [victim, other] = [await make(), await make()];
    await addUser(victim.member.email, false);
    await setRole(owner, { memberId: victim.id, role: 'owner' });
    await flip(other.id, 8);
    expect(await mailed(victim.member.email)).toBe(MAILS_TO_UNVERIFIED);
  });

  it('is counted for each team separately, and gets more the next day', async () => {
    const { id, member } = await make();
    await flip(id, 8);
    const first = team;
    team = await makeTeam();
    owner = withMail(team.owner);
    await flip((await make(member.email)).id, 2);
    expect([await mailed(member.email), await mailed(member.email, first)]).toEqual([2, MAILS_TO_UNVERIFIED]);
    [team, owner] = [first, withMail(first.owner)];
    await ownerPool().query(`UPDATE mails SET created_at = created_at - interval '24 hours' WHERE team_id = $1`, [
      team.teamId,
    ]);
    await flip(id, 2);
    expect(await mailed(member.email)).toBe(MAILS_TO_UNVERIFIED + 2);
  });

  it('has no limit once a user has verified it', async () => {
    const { id, member } = await make();
    await addUser(member.email, true);
    await flip(id, 8);
    expect(await mailed(member.email)).toBe(8);
  });
});
