import { Pool } from 'pg';

let owner: Pool | undefined;

/** The tables' owner, for what no door offers: looking at rows, suspending a team. */
export function ownerPool(): Pool {
  owner ??= new Pool({ connectionString: process.env['DATABASE_OWNER_URL'], max: 8 });
  return owner;
}

/** Ends the owner's connections, after each file: the next one may share the process. */
export async function endOwnerPool(): Promise<void> {
  await owner?.end();
  owner = undefined;
}
