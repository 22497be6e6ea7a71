import { Pool } from 'pg';

let owner: Pool | undefined;

/** Connects as the tables' owner, for tests that read rows or suspend a team, which no channel offers. */
export function ownerPool(): Pool {
  owner ??= new Pool({ connectionString: process.env['DATABASE_OWNER_URL'], max: 8 });
  return owner;
}

/** Ends the owner's connections after each file, as the next file may share the process. */
export async function endOwnerPool(): Promise<void> {
  await owner?.end();
  owner = undefined;
}
