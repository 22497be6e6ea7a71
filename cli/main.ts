import { Command, CommanderError } from 'commander';
import { openDatabase } from '@/db/client';
import { migrate } from '@/db/migrate';
import { verifyLedger } from '@/server/domain/ledger/read';
import { env } from '@/server/env';
import { runWorker } from '@/server/jobs/worker';
import { memberCommands } from './member';
import { explain, print } from './run';
import { teamCommands } from './team';

/** The operator's command: parse, call a verb, print. */
function makeProgram(): Command {
  const program = new Command('purser')
    .description("Purser's operator command. Call it as: npm run purser -- <command>")
    .option('--json', 'one JSON object on stdout')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride();
  teamCommands(program);
  memberCommands(program);
  program
    .command('ledger')
    .description('the books')
    .command('verify')
    .description('prove the whole ledger; names the first broken rows and exits 1 if any is off')
    .action(async (_options: object, command: Command) => {
      const database = openDatabase(env().databaseUrl, { max: 1, name: 'purser-verify' });
      try {
        const proof = await verifyLedger(database.db);
        print(command, proof);
        if (!proof.ok) process.exitCode = 1;
      } finally {
        await database.pool.end();
      }
    });
  program
    .command('migrate')
    .description('bring the database to the version of this release')
    .action(async (_options: object, command: Command) => {
      const { ownerUrl, databaseUrl } = env();
      print(command, await migrate({ ownerUrl, appUrl: databaseUrl }));
    });
  program.command('worker').description('run a worker until SIGTERM').action(runWorker);
  inherit(program);
  return program;
}

// Every subcommand takes --json after its own words, where people write it, and ends with an exit code of ours.
function inherit(command: Command): void {
  for (const sub of command.commands) {
    sub.exitOverride();
    if (sub.commands.length === 0) sub.option('--json', 'one JSON object on stdout');
    inherit(sub);
  }
}

try {
  await makeProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const { text, exitCode } = explain(error);
    console.error(text);
    process.exitCode = exitCode;
  }
}
