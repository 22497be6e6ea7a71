import type { MemberActor } from '@/server/domain/core/actor';
import { makeContext, type Context } from '@/server/domain/core/context';
import { newRequestId, printId } from '@/server/domain/core/ids';
import { listInvitations } from '@/server/domain/teams/invitations/read';
import { printToken } from '@/server/domain/teams/invitations/rules';
import { createInvitationInput, type Invitation } from '@/server/domain/teams/invitations/schema';
import { createInvitation, resendInvitation, revokeInvitation } from '@/server/domain/teams/invitations/write';
import {
  acceptInvitation,
  declineInvitation,
  requestInvitation,
} from '@/server/domain/teams/invitation-acceptance/write';
import { listMembers } from '@/server/domain/teams/members/read';
import type { VisitorContext } from '@/server/domain/core/user-context';
import { OWNER } from './people';
import { DAY, HOUR } from './time';
import { generatePassword } from '@/server/domain/identity/passwords/rules';

/** An invitation of the demo: its age and its final state. */
type Invited = {
  email: string;
  name?: string;
  role?: 'owner';
  credit?: string;
  /** The member to claim, by its externalId. */
  claims?: string;
  daysAgo: number;
  became?: 'accepted' | 'declined' | 'revoked' | 'requested' | 'resent';
};

const INVITED: Invited[] = [
  { email: 'noor.haddad@example.com', name: 'Noor Haddad', daysAgo: 41, became: 'revoked' },
  { email: 'ines.duarte@example.net', credit: '10.00', daysAgo: 5, became: 'declined' },
  { email: 'tomasz@warsaw-courier.example', name: 'Tomasz Lis', credit: '15.00', daysAgo: 17, became: 'requested' },
  { email: 'greta@nordic-tea.example', daysAgo: 12 },
  { email: 'sanne.devries@example.com', name: 'Sanne de Vries', claims: 'till-03', daysAgo: 4, became: 'accepted' },
  { email: 'billing@acme-partners.example', name: 'Priya Raman', role: 'owner', daysAgo: 3 },
  { email: 'hello@harbour-bakery.example', credit: '20.00', daysAgo: 2, became: 'resent' },
  { email: 'amara.nwosu@example.org', credit: '5.00', daysAgo: 1 },
];

/** Creates invitations in every state. Existing ones stay as they are. */
export async function inviteSome(ctx: Context, now: number): Promise<void> {
  const { data: known } = await listInvitations(ctx, { limit: 100 });
  const actor = await ownerOf(ctx);
  for (const [n, invited] of INVITED.entries()) {
    if (known.some(({ email }) => email === invited.email)) continue;
    const then = { ...ctx, actor, at: new Date(now - invited.daysAgo * DAY - (n % 5) * HOUR) };
    await become(then, invited, await createInvitation(then, await inputOf(ctx, invited)));
  }
}

/** Returns the first owner as an actor; the invitations are hers. */
async function ownerOf({ actor, ...ctx }: Context): Promise<MemberActor> {
  const { data } = await listMembers({ ...ctx, actor }, { limit: 1, query: OWNER.email });
  const { id, name, role, apiKey } = data[0]!;
  const credential = { type: 'key', ...apiKey! } as const;
  const { teamId, currency } = actor;
  const member = { type: 'member', memberId: id, teamId, teamName: '', currency, role, name, credential } as const;
  return { ...member, channel: 'api', address: null };
}

async function inputOf(ctx: Context, { email, name, role, credit, claims }: Invited) {
  const member = claims && (await listMembers(ctx, { limit: 1, externalId: claims })).data[0];
  return createInvitationInput.parseAsync({
    email,
    name,
    role,
    credit,
    ...(member && { memberId: printId('mem', member.id) }),
  });
}

async function become(ctx: Context, { became, name }: Invited, { id }: Invitation): Promise<void> {
  const visitor: VisitorContext = {
    ...ctx,
    user: null,
    origin: { address: null, agent: null },
    requestId: newRequestId(),
  };
  const token = printToken(ctx.vault, { invitationId: id, version: 1, way: 'mailed' });
  if (became === 'revoked') await revokeInvitation(ctx, id);
  if (became === 'resent') await resendInvitation(makeContext(ctx, ctx.actor), id);
  if (became === 'accepted') await acceptInvitation(visitor, { token, name, password: generatePassword() });
  if (became === 'declined') await declineInvitation(visitor, { token });
  if (became === 'requested') await requestInvitation(visitor, { token });
}
