import type { Command } from 'commander';
import type { ZodType } from 'zod';
import { openDatabase } from '@/db/client';
import { isUnavailable } from '@/db/faults';
import { MigrationError } from '@/db/migrate';
import { flushChanges } from '@/server/domain/core/change-feed';
import { makeContext, makeServices, type Context, type Services } from '@/server/domain/core/context';
import { DomainError, ERRORS } from '@/server/domain/core/errors';
import { parseId } from '@/server/domain/core/ids';
import { findTeam } from '@/server/domain/teams/teams/read';
import { ConfigError, env } from '@/server/env';
import { describeFault } from '@/server/log';

/** An error at the command line. `exitCode` is 2 for wrong usage, and 1 if the command failed. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** Opens the database, runs the work, and closes the database. */
export async function withServices<T>(work: (services: Services) => Promise<T>): Promise<T> {
  const settings = env();
  const database = openDatabase(settings.databaseUrl, { max: 4, name: 'purser-cli' });
  try {
    return await work(makeServices(database, { ...settings, demo: false }));
  } finally {
    await flushChanges(database.pool);
    await database.pool.end();
  }
}

/** Runs work like `withServices`, as the operator in one team. */
export async function inTeam<T>(teamId: string, work: (ctx: Context) => Promise<T>): Promise<T> {
  return withServices(async (services) => {
    const id = parseId('team', teamId);
    const team = id && (await findTeam(services.database.db, id));
    if (!team) throw new CliError(`No such team: ${teamId}. Team IDs begin with team_ and are printed by team create.`);
    return work(
      makeContext(services, {
        type: 'operator',
        teamId: team.id,
        currency: team.currency,
        name: 'Operator',
        channel: 'cli',
      }),
    );
  });
}

/** Parses one argument by a schema of the domain. */
export async function read<T>(schema: ZodType<T>, value: unknown, name: string): Promise<T> {
  const result = await schema.safeParseAsync(value);
  if (result.success) return result.data;
  throw new CliError(`${name}: ${result.error.issues.map((issue) => issue.message).join(' ')}`, 2);
}

/** Prints a result: one JSON object with --json, otherwise one line per field. */
export function printResult(command: Command, result: Record<string, unknown>): void {
  if (command.optsWithGlobals()['json']) {
    console.log(JSON.stringify(result));
    return;
  }
  for (const [name, value] of Object.entries(result)) {
    if (Array.isArray(value))
      for (const item of value) console.log(typeof item === 'string' ? item : JSON.stringify(item));
    else console.log(`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
}

/** Returns the text to print on stderr, and the exit code. */
export function explainFailure(error: unknown): { text: string; exitCode: number } {
  if (error instanceof CliError) return { text: error.message, exitCode: error.exitCode };
  if (error instanceof DomainError) {
    const text = `${ERRORS[error.code].title}. ${error.facts.detail ?? ERRORS[error.code].advice}`;
    return { text, exitCode: 1 };
  }
  if (error instanceof ConfigError || error instanceof MigrationError) return { text: error.message, exitCode: 1 };
  if (isUnavailable(error)) {
    return {
      text: 'Cannot reach the database. Check DATABASE_URL and that Postgres is running. Nothing is left half done.',
      exitCode: 1,
    };
  }
  if (sqlState(error) === '42P01') {
    return { text: 'The database has no tables yet. Run `npm run purser -- migrate` first.', exitCode: 1 };
  }
  const { error: name, code, words, frames } = describeFault(error);
  const said = [name, code, words].filter(Boolean).join(' ');
  return { text: `Unexpected error: ${said}\n${(frames as string[] | undefined)?.join('\n') ?? ''}`, exitCode: 1 };
}

function sqlState(error: unknown): unknown {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
}
