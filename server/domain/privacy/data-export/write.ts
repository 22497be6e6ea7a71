import { type Services, operatorIn } from '@/server/domain/core/context';
import { note, personally, type Personal } from '@/server/domain/core/user-context';
import { listSeats } from '@/server/domain/identity/sessions/read';
import { exportPerson } from './read';
import type { Exported } from './schema';
import { getUserByEmail } from '@/server/domain/identity/users/read';
import { audit, transact } from '@/server/domain/core/transaction';

/** All that is kept of the person who asks. That it was taken out stands in the audit log of each of his teams. */
export async function exportMe(asker: Personal): Promise<Exported> {
  const { userId } = asker.person;
  const { address } = asker.origin;
  const { requestId } = asker;
  await personally(asker, async (tx) => note(tx, { userId, action: 'person.data_exported', address, requestId }));
  return exportPerson(asker, userId, { byAddress: (isProven) => isProven, notes: false });
}

/**
 * As `exportMe`, by the operator, by the address that the person signs in with.
 * @throws DomainError `not_found`
 */
export async function exportByOperator(services: Services, email: string): Promise<Exported> {
  const user = await getUserByEmail(services, email);
  for (const { team, member } of await listSeats(services, user.id)) {
    await transact(operatorIn(services, team.id), null, async (tx) =>
      audit(tx, { action: 'person.data_exported', targetType: 'member', targetId: member.id }),
    );
  }
  return exportPerson(services, user.id, { byAddress: () => true, notes: true });
}
