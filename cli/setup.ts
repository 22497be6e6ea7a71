import type { Command } from 'commander';
import { hasTeam } from '@/server/domain/teams/onboarding/read';
import { setupCode } from '@/server/domain/teams/onboarding/rules';
import { printResult, withServices } from './run';

/** Adds `setup`, which `npm start` runs while there is no team. */
export function setupCommand(program: Command): void {
  program
    .command('setup')
    .description('print the URL to create the first team; prints nothing once a team exists')
    .action(async (_options: object, command: Command) => {
      const url = await withServices(async ({ database, vault, appUrl }) =>
        (await hasTeam(database.db)) ? null : `${appUrl}/setup?code=${setupCode(vault)}`,
      );
      printResult(command, { url });
    });
}
