import type { Command } from 'commander';
import { z } from 'zod';
import { erasedSchema } from '@/server/domain/privacy/erasure/schema';
import { eraseByOperator } from '@/server/domain/privacy/erasure/write';
import { exportedSchema } from '@/server/domain/privacy/data-export/schema';
import { exportByOperator } from '@/server/domain/privacy/data-export/write';
import { printResult, withServices } from './run';

/** `person export | erase` */
export function userCommands(program: Command): void {
  const user = program.command('person').description('what is kept of a person, in all teams');
  user
    .command('export <email>')
    .description('print all that is kept of the person who signs in with this address')
    .action(async (email: string, _options: object, command: Command) => {
      printResult(
        command,
        z.encode(exportedSchema, await withServices((services) => exportByOperator(services, email))),
      );
    });
  user
    .command('erase <email>')
    .description('erase name, addresses, sign-in, texts and stored answers of a person; balances and counts stay')
    .action(async (email: string, _options: object, command: Command) => {
      const { waiting, ...erased } = await withServices((services) => eraseByOperator(services, email));
      printResult(command, { ...z.encode(erasedSchema, erased), messagesUnderWay: waiting });
    });
}
