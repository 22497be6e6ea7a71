import { makeContext, type Context, type Services } from '@/server/domain/core/context';
import { asTeamId } from '@/server/domain/core/ids';

/** Returns the context of a job: the operator's right in one team. Jobs print no money, so it has no currency. */
export function jobCtx(services: Services, teamId: string): Context {
  return makeContext(services, {
    type: 'operator',
    teamId: asTeamId(teamId),
    currency: '',
    name: 'Purser',
    channel: 'system',
  });
}

/** Groups rows by team, because each transaction belongs to one team. */
export function byTeam<R extends { teamId: string }>(rows: R[]): Map<string, R[]> {
  const teams = new Map<string, R[]>();
  for (const row of rows) {
    const group = teams.get(row.teamId);
    if (group) group.push(row);
    else teams.set(row.teamId, [row]);
  }
  return teams;
}
