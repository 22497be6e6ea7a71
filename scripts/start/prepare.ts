/**
 * Checks the settings and migrates the database. The start script runs it before anything serves.
 */
import { migrate, MigrationError } from '@/db/migrate';
import { ConfigError, env, mustBeSafeToServe } from '@/server/env';

try {
  mustBeSafeToServe(env());
  const { ownerUrl, databaseUrl } = env();
  if (ownerUrl === databaseUrl) {
    console.error(
      'Note: DATABASE_OWNER_URL is not set, so the application runs as the owner of its tables. Give it a role of its ' +
        'own in DATABASE_URL, and the owner in DATABASE_OWNER_URL.',
    );
  }
  const { applied } = await migrate({ ownerUrl, appUrl: databaseUrl });
  if (applied > 0) console.error(`Applied ${applied} migrations.`);
} catch (error) {
  const known = error instanceof ConfigError || error instanceof MigrationError;
  console.error(known ? error.message : error);
  process.exitCode = 1;
}
