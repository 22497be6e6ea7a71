import { Command, CommanderError } from 'commander';
import { openDatabase, type Db } from '@/db/client';
import { migrate } from '@/db/migrate';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { verifyReports } from '@/server/domain/messaging/usage/read';
import { env } from '@/server/env';
import { runWorker } from '@/server/jobs/worker';
import { memberCommands } from './member';
import { userCommands } from './user';
import { explainFailure, printResult } from './run';
import { setupCommand } from './setup';
import { teamCommands } from './team';

/** Builds the operator's command line: parse, run a command or query, print. */
function makeProgram(): Command {
  const program = new Command('purser')
    .description("The operator's command line. Usage: npm run purser -- <command>")
    .option('--json', 'print one JSON object to stdout')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(run with --help for usage)')
    .exitOverride();
  setupCommand(program);
  teamCommands(program);
  memberCommands(program);
  userCommands(program);
  const proofs = [
    { name: 'ledger', about: 'check the ledger', proves: 'the whole ledger', verify: verifyLedger },
    {
      name: 'reports',
      about: 'check the daily usage sums',
      proves: 'the daily usage sums by recounting the message log',
      verify: verifyReports,
    },
  ];
  for (const { name, about, proves, verify } of proofs) {
    program
      .command(name)
      .description(about)
      .command('verify')
      .description(`verify ${proves}; print the first differences and exit with 1 if there are any`)
      .action((_options: object, command: Command) => prove(command, verify));
  }
  program
    .command('migrate')
    .description('migrate the database to the version of this release')
    .action(async (_options: object, command: Command) => {
      const { ownerUrl, databaseUrl } = env();
      printResult(command, await migrate({ ownerUrl, appUrl: databaseUrl }));
    });
  program.command('worker').description('run a background worker until SIGTERM').action(runWorker);
  inherit(program);
  return program;
}

async function prove(command: Command, verify: (db: Db) => Promise<{ ok: boolean }>): Promise<void> {
  const database = openDatabase(env().databaseUrl, { max: 1, name: 'purser-verify' });
  try {
    const proof = await verify(database.db);
    printResult(command, proof);
    if (!proof.ok) process.exitCode = 1;
  } finally {
    await database.pool.end();
  }
}

// Adds --json after each subcommand's own arguments, where users type it, and makes it exit with our codes.
function inherit(command: Command): void {
  for (const sub of command.commands) {
    sub.exitOverride();
    if (sub.commands.length === 0) sub.option('--json', 'print one JSON object to stdout');
    inherit(sub);
  }
}

try {
  await makeProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const { text, exitCode } = explainFailure(error);
    console.error(text);
    process.exitCode = exitCode;
  }
}
