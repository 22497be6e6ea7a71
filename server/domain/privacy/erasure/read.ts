import { sql } from 'drizzle-orm';
import type { Services } from '@/server/domain/core/context';
import type { User } from '@/server/domain/identity/users/read';

/**
 * Returns the teams with data about a user. Data by address alone counts only if the user has verified that address.
 */
export async function listTeamsOf({ database }: Services, { id, email, isProven }: User): Promise<string[]> {
  const { rows } = await database.db.execute<{ id: string }>(
    sql`SELECT person_teams(${id}::uuid, ${isProven ? email : null}::text) AS id`,
  );
  return rows.map((row) => row.id);
}

/**
 * Returns the teams that would lose their only owner with this user, or, without an owner, the only member who could
 * take the owner role back.
 */
export async function listTeamsInNeedOf(
  { database }: Services,
  userId: string,
): Promise<{ id: string; name: string }[]> {
  const { rows } = await database.db.execute<{ id: string; name: string }>(sql`
    SELECT t.id, t.name FROM members m JOIN teams t ON t.id = m.team_id
    WHERE m.user_id = ${userId}::uuid AND m.status = 'active' AND (m.role = 'owner' OR m.stepped_down_at IS NOT NULL)
      AND NOT EXISTS (SELECT FROM members o WHERE o.team_id = m.team_id AND o.id <> m.id AND o.role = 'owner' AND o.status = 'active')
    ORDER BY lower(t.name), t.id`);
  return rows;
}
