import { type Services, operatorContext } from '@/server/domain/core/context';
import { recordUserAudit, inUserTransaction, type UserContext } from '@/server/domain/core/user-context';
import { listMemberships } from '@/server/domain/identity/sessions/read';
import { exportUserData } from './read';
import type { Exported } from './schema';
import { getUserByEmail } from '@/server/domain/identity/users/read';
import { recordAudit, inTransaction } from '@/server/domain/core/transaction';

/** Returns the data of the signed-in user, and writes an audit row in each of their teams. */
export async function exportMe(ctx: UserContext): Promise<Exported> {
  const { userId } = ctx.user;
  const { address } = ctx.origin;
  const { requestId } = ctx;
  await inUserTransaction(ctx, async (tx) =>
    recordUserAudit(tx, { userId, action: 'user.data_exported', address, requestId }),
  );
  return exportUserData(ctx, userId, { byAddress: (isProven) => isProven, notes: false });
}

/**
 * Exports a user like `exportMe`, for the operator, by sign-in address.
 * @throws DomainError `not_found`
 */
export async function exportByOperator(services: Services, email: string): Promise<Exported> {
  const user = await getUserByEmail(services, email);
  for (const { team, member } of await listMemberships(services, user.id)) {
    await inTransaction(operatorContext(services, team.id), null, async (tx) =>
      recordAudit(tx, { action: 'user.data_exported', targetType: 'member', targetId: member.id }),
    );
  }
  return exportUserData(services, user.id, { byAddress: () => true, notes: true });
}
