/** Starts the embedded Postgres of a directory in a process of its own and prints its settings on stdout as JSON. */
import { startPostgres } from '../../scripts/embedded-postgres/postgres.mjs';
import { explain } from '../../scripts/processes/stop.mjs';

try {
  const settings = { fsync: 'off' };
  const port = process.argv[3] ? Number(process.argv[3]) : undefined;
  const { stop, exited, ...rest } = await startPostgres({ dir: process.argv[2] ?? '', port, settings });
  process.on('SIGTERM', () => void stop().then(() => process.exit(0)));
  console.log(JSON.stringify(rest));
  await exited;
} catch (error) {
  console.log(JSON.stringify({ error: explain(error) }));
  process.exit(1);
}
