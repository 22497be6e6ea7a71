import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { printId } from '@/server/domain/core/ids';
import { fundTeam, withdrawFromTeam, type Funding, type FundTeam } from '@/server/domain/billing/ledger/write';
import type { Context } from '@/server/domain/core/context';
import { printAmount } from '@/server/domain/core/money';
import { decodeText } from '@/server/domain/core/text-decoding';
import { parseRateCard, type RateRow, type UnclearPrice } from '@/server/domain/billing/rates/rules';
import { sampleRates } from '@/server/domain/billing/rates/read';
import { replaceRates } from '@/server/domain/billing/rates/write';
import { currencySchema } from '@/server/domain/teams/teams/schema';
import { createTeam, resumeTeam, suspendTeam } from '@/server/domain/teams/teams/write';
import { callerDirectory } from '@/server/env';
import { CliError, inTeam, printResult, read, withServices } from './run';
import { emailSchema, nameSchema } from '@/server/domain/core/fields';
import { passwordSchema } from '@/server/domain/identity/passwords/schema';
import { amount } from '@/server/domain/core/codecs';

function readCard(path: string): RateRow[] {
  let csv: string;
  try {
    csv = decodeText(readFileSync(path));
  } catch {
    throw new CliError(`Cannot read ${path}.`);
  }
  const card = parseRateCard(csv);
  if ('rows' in card) {
    if (card.unclear) warnOfComma(card.unclear);
    return card.rows;
  }
  const shown = card.problems.slice(0, 20).map(({ line, detail }) => `  line ${line}: ${detail}`);
  const more = card.count > shown.length ? [`  and ${card.count - shown.length} more`] : [];
  throw new CliError(`${path} is not a valid rate card. Nothing was changed.\n${[...shown, ...more].join('\n')}`);
}

/** Warns on stderr about prices whose comma may have been a thousands separator; stdout is for the result. */
function warnOfComma({ typed, price }: UnclearPrice): void {
  process.stderr.write(
    `Check the prices with a comma: “${typed}” was read as ${printAmount(price)}. If the comma separates thousands, remove it and import again.\n`,
  );
}

/** Adds `team create | suspend | resume | fund | withdraw` and `rates import`. */
export function teamCommands(program: Command): void {
  const team = program.command('team').description('create, suspend, resume, fund and withdraw from teams');
  team
    .command('create')
    .description("create a team with its first owner; prints the owner's API key once")
    .requiredOption('--name <name>')
    .option('--currency <code>', 'ISO 4217', 'USD')
    .requiredOption('--owner-name <name>')
    .requiredOption('--owner-email <email>')
    .requiredOption('--owner-password <password>', '12 to 200 characters')
    .action(async (options: Record<string, string>, command: Command) => {
      const input = {
        name: await read(nameSchema, options['name'], '--name'),
        currency: await read(currencySchema, options['currency'], '--currency'),
        owner: {
          name: await read(nameSchema, options['ownerName'], '--owner-name'),
          email: await read(emailSchema, options['ownerEmail'], '--owner-email'),
          password: await read(passwordSchema, options['ownerPassword'], '--owner-password'),
        },
        rates: sampleRates(),
      };
      const created = await withServices((services) => createTeam(services, input));
      printResult(command, {
        teamId: printId('team', created.teamId),
        memberId: printId('mem', created.memberId),
        apiKey: created.apiKey,
        slug: created.slug,
      });
    });
  standCommands(team);
  moveCommand(team, 'fund', 'bring money in from outside, to the master balance', fundTeam);
  moveCommand(team, 'withdraw', 'pay money of the master balance out', withdrawFromTeam);

  program
    .command('rates')
    .description("manage a team's rate card")
    .command('import <csv>')
    .description('replace the rate card with a CSV file with the columns country,prefix,price')
    .requiredOption('--team <teamId>')
    .option('--allow-free', 'take rows with a price of 0: messages under them cost nothing')
    .action(async (csv: string, options: { team: string; allowFree?: true }, command: Command) => {
      const rows = readCard(resolve(callerDirectory(), csv));
      printResult(
        command,
        await inTeam(options.team, (ctx) => replaceRates(ctx, rows, { allowFree: options.allowFree ?? false })),
      );
    });
}

function standCommands(team: Command): void {
  team
    .command('suspend <teamId>')
    .description(
      'suspend a team: sends, recharges and changes are refused; reads still work and accepted messages are delivered',
    )
    .option('--reason <text>', 'is written to the audit log')
    .action(async (teamId: string, options: { reason?: string }, command: Command) => {
      const reason = await read(z.string().trim().min(1).max(255).optional(), options.reason, '--reason');
      printResult(command, { teamId, ...(await inTeam(teamId, (ctx) => suspendTeam(ctx, { reason }))) });
    });
  team
    .command('resume <teamId>')
    .description('resume a suspended team and run its waiting recharges')
    .action(async (teamId: string, _options: object, command: Command) => {
      printResult(command, { teamId, ...(await inTeam(teamId, resumeTeam)) });
    });
}

function moveCommand(
  team: Command,
  name: string,
  about: string,
  run: (ctx: Context, input: FundTeam) => Promise<Funding>,
): void {
  team
    .command(`${name} <teamId> <amount>`)
    .description(about)
    .option('--reference <text>', 'your own reference; repeating the same one moves money only once')
    .option('--note <text>')
    .action(async (teamId: string, given: string, options: { reference?: string; note?: string }, command: Command) => {
      const reference = await read(z.string().min(1).max(255).optional(), options.reference, '--reference');
      const input = { amount: await read(amount, given, 'amount'), reference, note: options.note };
      const done = await inTeam(teamId, (ctx) => run(ctx, input));
      printResult(command, {
        transferId: printId('trf', done.transferId),
        amount: printAmount(done.amount),
        masterBalance: printAmount(done.masterBalance),
        repeated: done.repeated,
      });
    });
}
