import { makeContext, type Context, type Services } from '@/server/domain/core/context';
import { asTeamId } from '@/server/domain/core/ids';

/** Who a job is: the operator's right, in one team. It prints no money, so it needs no currency. */
export function jobCtx(services: Services, teamId: string): Context {
  return makeContext(services, {
    type: 'operator',
    teamId: asTeamId(teamId),
    currency: '',
    name: 'Purser',
    channel: 'system',
  });
}

/** Rows of many teams, team by team: one transaction is always of one team. */
export function byTeam<R extends { teamId: string }>(rows: R[]): Map<string, R[]> {
  const teams = new Map<string, R[]>();
  for (const row of rows) {
    const group = teams.get(row.teamId);
    if (group) group.push(row);
    else teams.set(row.teamId, [row]);
  }
  return teams;
}
