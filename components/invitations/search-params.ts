import { createLoader, parseAsArrayOf, parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs/server';
import { INVITATION_STATUSES } from '@/server/domain/teams/invitations/rules';

/** The state of the invitations page in its URL. */
export const invitationView = {
  q: parseAsString.withDefault(''),
  status: parseAsArrayOf(parseAsStringLiteral(INVITATION_STATUSES)).withDefault([]),
  page: parseAsInteger.withDefault(1),
};

export const loadInvitationView = createLoader(invitationView);

export type InvitationView = Awaited<ReturnType<typeof loadInvitationView>>;

/** Returns the query of the page, identical on the server and in the browser. */
export const invitationQuestion = ({ q, status, page }: InvitationView) => ({
  ...(q.trim() === '' ? {} : { query: q.trim() }),
  ...(status.length === 0 ? {} : { status }),
  page: Math.max(1, page),
  pageSize: 25,
});
