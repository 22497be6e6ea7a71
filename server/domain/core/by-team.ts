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
