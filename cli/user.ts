import type { Command } from 'commander';
import { z } from 'zod';
import { erasedSchema } from '@/server/domain/privacy/erasure/schema';
import { eraseByOperator } from '@/server/domain/privacy/erasure/write';
import { exportedSchema } from '@/server/domain/privacy/data-export/schema';
import { exportByOperator } from '@/server/domain/privacy/data-export/write';
import { printResult, withServices } from './run';

/** Adds `user export` and `user erase`. */
export function userCommands(program: Command): void {
  const user = program.command('user').description("export or erase a user's data in all teams");
  user
    .command('export <email>')
    .description('print all data about the user with this sign-in address')
    .action(async (email: string, _options: object, command: Command) => {
      printResult(
        command,
        z.encode(exportedSchema, await withServices((services) => exportByOperator(services, email))),
      );
    });
  user
    .command('erase <email>')
    .description(
      'erase the name, addresses, sign-in, message texts and stored answers of a user; balances and counts stay',
    )
    .action(async (email: string, _options: object, command: Command) => {
      const { waiting, ...erased } = await withServices((services) => eraseByOperator(services, email));
      printResult(command, { ...z.encode(erasedSchema, erased), messagesUnderWay: waiting });
    });
}
