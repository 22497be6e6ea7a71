import { escapeIdentifier, type Client } from 'pg';

const READ_ONLY = [
  'ledger_accounts',
  'transfers',
  'entries',
  'usage_daily',
  'usage_team_daily',
  'messages_dropped',
  'purser_migrations',
  'worker_heartbeats',
];
const APPEND_ONLY = ['audit_events', 'idempotency_keys', 'outbox', 'recharge_totals', 'messages'];

/**
 * Grants the application's role the minimum it needs: it owns nothing, reads the ledger, and changes it only through the
 * SECURITY DEFINER functions. Idempotent; called by the owner after each migration.
 */
export async function grantApp(client: Client, role: string): Promise<void> {
  const app = escapeIdentifier(role);
  await client.query(`
    GRANT USAGE ON SCHEMA public TO ${app};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${app};
    REVOKE INSERT, UPDATE, DELETE ON ${READ_ONLY.join(', ')} FROM ${app};
    REVOKE INSERT, UPDATE, DELETE ON ${APPEND_ONLY.join(', ')} FROM ${app};
    GRANT UPDATE (claimed_until) ON messages TO ${app};
    REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO ${app};
    REVOKE EXECUTE ON FUNCTION messages_partition(date), messages_drop_month(date), messages_drop_strays(date, integer) FROM ${app};
  `);
  // A partition is accessed through its parent; grants on the partition would bypass those of the parent.
  const partitions = await client.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class WHERE relispartition AND relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  for (const { name } of partitions.rows) await client.query(`REVOKE ALL ON ${name} FROM ${app}`);
}
