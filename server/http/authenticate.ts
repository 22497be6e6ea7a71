import type { MemberActor } from '@/server/domain/core/actor';
import type { Services } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { findMemberByKey, type KeyMember } from '@/server/domain/teams/api-keys/read';

/** What a key would look like anywhere in a URL. */
const KEY_IN_URL = /pur_live_/i;

/**
 * The key of a request.
 * @throws DomainError `key_in_url`, `missing_key`, `invalid_key` (an Authorization that is no bearer token)
 */
export function keyOf(request: Request): string {
  refuseKeyInUrl(request);
  const header = request.headers.get('authorization');
  if (!header) fail('missing_key');
  return /^Bearer +(\S+)$/i.exec(header)?.[1] ?? fail('invalid_key');
}

/** @throws DomainError `key_in_url` */
export function refuseKeyInUrl(request: Request): void {
  if (KEY_IN_URL.test(request.url)) fail('key_in_url');
}

/**
 * From a key to who acts: its member, with the role of this moment. Of an inactive one `refused` is told first.
 * @throws DomainError `invalid_key`, `member_inactive`
 */
export async function openGate(
  services: Services,
  key: string,
  refused?: (holder: KeyMember) => void,
): Promise<KeyMember> {
  const holder = await findMemberByKey(services, key);
  if (!holder) fail('invalid_key');
  if (holder.status === 'inactive') {
    refused?.(holder);
    fail('member_inactive');
  }
  return holder;
}

/** The holder of a key as the domain knows an actor. */
export function actorOf(holder: KeyMember, address: string | null): MemberActor {
  const { teamId, teamName, currency, memberId, role, name, keyId } = holder;
  return {
    type: 'member',
    teamId,
    teamName,
    currency,
    memberId,
    role,
    name,
    credential: { type: 'key', id: keyId },
    channel: 'api',
    address,
  };
}
