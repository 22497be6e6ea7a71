import type { MemberActor } from '@/server/domain/core/actor';
import type { Services } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { findMemberByKey, type KeyMember } from '@/server/domain/teams/api-keys/read';

/** Matches an API key anywhere in a URL. */
const KEY_IN_URL = /pur_live_/i;

/**
 * Returns the API key of a request.
 * @throws DomainError `key_in_url`, `missing_key`, `invalid_key` (an Authorization that is not a bearer token)
 */
export function keyOf(request: Request): string {
  refuseKeyInUrl(request);
  const header = request.headers.get('authorization');
  if (!header) fail('missing_key');
  return /^Bearer +(\S+)$/i.exec(header)?.[1] ?? fail('invalid_key');
}

/**
 * Refuses a URL that contains an API key.
 * @throws DomainError `key_in_url`
 */
export function refuseKeyInUrl(request: Request): void {
  if (KEY_IN_URL.test(request.url)) fail('key_in_url');
}

/**
 * Returns the member of a key with its current role.
 * @param refused called with the member before an inactive one is refused
 * @throws DomainError `invalid_key`, `member_inactive`
 */
export async function authenticateKey(
  services: Services,
  key: string,
  refused?: (keyMember: KeyMember) => void,
): Promise<KeyMember> {
  const keyMember = await findMemberByKey(services, key);
  if (!keyMember) fail('invalid_key');
  if (keyMember.status === 'inactive') {
    refused?.(keyMember);
    fail('member_inactive');
  }
  return keyMember;
}

/** Returns the actor for the member of a key. */
export function actorOf(keyMember: KeyMember, address: string | null): MemberActor {
  const { teamId, teamName, currency, memberId, role, name, keyId, prefix, last4 } = keyMember;
  return {
    type: 'member',
    teamId,
    teamName,
    currency,
    memberId,
    role,
    name,
    credential: { type: 'key', id: keyId, prefix, last4 },
    channel: 'api',
    address,
  };
}
