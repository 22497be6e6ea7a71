import { Command, CommanderError } from 'commander';
import { openDatabase, type Db } from '@/db/client';
import { migrate } from '@/db/migrate';
import { verifyLedger } from '@/server/domain/ledger/read';
import { verifyReports } from '@/server/domain/reports/read';
import { env } from '@/server/env';
import { memberCommands } from './member';
import { personCommands } from './person';
import { explain, print } from './run';
import { setupCommand } from './setup';
import { teamCommands } from './team';

/** The operator's command: parse, call a verb, print. */
function makeProgram(): Command {
  const program = new Command('purser')
    .description("Purser's operator command. Call it as: npm run purser -- <command>")
    .option('--json', 'one JSON object on stdout')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride();
  setupCommand(program);
  teamCommands(program);
  memberCommands(program);
  personCommands(program);
  const proofs = [
    { name: 'ledger', about: 'the books', proves: 'the whole ledger', verify: verifyLedger },
    {
      name: 'reports',
      about: 'the daily sums',
      proves: 'the daily sums by a recount of the log',
      verify: verifyReports,
    },
  ];
  for (const { name, about, proves, verify } of proofs) {
    program
      .command(name)
      .description(about)
      .command('verify')
      .description(`prove ${proves}; names the first that is off, and exits 1 if any is`)
      .action((_options: object, command: Command) => prove(command, verify));
  }
  program
    .command('migrate')
    .description('bring the database to the version of this release')
    .action(async (_options: object, command: Command) => {
      const { ownerUrl, databaseUrl } = env();
      print(command, await migrate({ ownerUrl, appUrl: databaseUrl }));
    });
  program
    .command('worker')
    .description('run a worker until SIGTERM')
    // Loaded here alone: it brings all that makes emails, which takes longer to load than most commands run.
    .action(async () => (await import('@/server/jobs/worker')).runWorker());
  inherit(program);
  return program;
}

async function prove(command: Command, verify: (db: Db) => Promise<{ ok: boolean }>): Promise<void> {
  const database = openDatabase(env().databaseUrl, { max: 1, name: 'purser-verify' });
  try {
    const proof = await verify(database.db);
    print(command, proof);
    if (!proof.ok) process.exitCode = 1;
  } finally {
    await database.pool.end();
  }
}

// Every subcommand takes --json after its own words, where people write it, and ends with an exit code of ours.
function inherit(command: Command): void {
  for (const sub of command.commands) {
    sub.exitOverride();
    if (sub.commands.length === 0) sub.option('--json', 'one JSON object on stdout');
    inherit(sub);
  }
}

/** Runs one command, as it is typed after `purser`; sets the exit code of this process. */
export async function runProgram(words: string[]): Promise<void> {
  try {
    await makeProgram().parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else {
      const { text, exitCode } = explain(error);
      console.error(text);
      process.exitCode = exitCode;
    }
  }
}
