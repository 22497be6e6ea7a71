import { findEmailLink } from '../email-links/read';
import type { VisitorContext } from '@/server/domain/core/user-context';
import type { Token } from '../email-links/schema';
import type { ResetLink } from './schema';

/** For whom a link sets a password. Looking at it, however often and by whatever scanner, changes nothing. */
export async function getResetLink(ctx: VisitorContext, { token }: Token): Promise<ResetLink> {
  const link = await findEmailLink(ctx, token, 'reset');
  return { email: link?.email ?? null };
}
