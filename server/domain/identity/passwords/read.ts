import { findEmailLink } from '../email-links/read';
import type { VisitorContext } from '@/server/domain/core/user-context';
import type { Token } from '../email-links/schema';
import type { ResetLink } from './schema';

/** Returns the email for which a reset link sets a password. Changes nothing, so link scanners cannot use it up. */
export async function getResetLink(ctx: VisitorContext, { token }: Token): Promise<ResetLink> {
  const link = await findEmailLink(ctx, token, 'reset');
  return { email: link?.email ?? null };
}
