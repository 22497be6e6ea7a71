import { findLink } from '../email-links/read';
import type { Guest } from '@/server/domain/core/user-context';
import type { Token } from '../email-links/schema';
import type { ResetLink } from './schema';

/** For whom a link sets a password. Looking at it, however often and by whatever scanner, changes nothing. */
export async function getResetLink(asker: Guest, { token }: Token): Promise<ResetLink> {
  const link = await findLink(asker, token, 'reset');
  return { email: link?.email ?? null };
}
