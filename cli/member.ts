import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '@/server/domain/core/context';
import { parseId } from '@/server/domain/core/ids';
import { creditInput, debitedSchema, debitInput, movementSchema } from '@/server/domain/billing/ledger/schema';
import { creditMember, debitMember } from '@/server/domain/billing/ledger/write';
import { getMember, listMembers } from '@/server/domain/teams/members/read';
import {
  createdMemberSchema,
  createMemberInput,
  deletedMemberSchema,
  memberListInput,
  memberSchema,
  rotatedKeySchema,
  type Member,
} from '@/server/domain/teams/members/schema';
import {
  activateMember,
  createMember,
  deactivateMember,
  deleteMember,
  rotateKey,
  setRole,
  updateMember,
} from '@/server/domain/teams/members/write';
import { CliError, inTeam, printResult, read } from './run';
import { roleSchema } from '@/server/domain/core/fields';
import { passwordSchema } from '@/server/domain/identity/passwords/schema';
import { givePassword, resetTwoFactor } from '@/server/domain/teams/member-sign-in/write';

function memberIdOf(text: string): string {
  const id = parseId('mem', text);
  if (!id) throw new CliError(`No such member: ${text}. Member IDs begin with mem_; run member list to see them.`);
  return id;
}

type Options = { team: string } & Record<string, string | boolean | undefined>;

/** Adds `member …`: an owner's commands, for the operator. */
export function memberCommands(program: Command): void {
  const member = program.command('member').description('manage the members of a team');
  listing(member);
  creation(member);
  onOne(member, 'get', 'one member', getMember);
  onOne(member, 'activate', 'let a member act again', activateMember);
  onOne(member, 'deactivate', 'stop a member from its next request; the balance stays', deactivateMember);
  member
    .command('rename <memberId> <name>')
    .requiredOption('--team <teamId>')
    .action(async (id: string, name: string, options: Options, command: Command) => {
      const changed = await inTeam(options.team, (ctx) => updateMember(ctx, { memberId: memberIdOf(id), name }));
      printResult(command, z.encode(memberSchema, changed));
    });
  member
    .command('role <memberId> <role>')
    .description('owner or member')
    .requiredOption('--team <teamId>')
    .action(async (id: string, role: string, options: Options, command: Command) => {
      const input = { memberId: memberIdOf(id), role: await read(roleSchema, role, 'role') };
      printResult(command, z.encode(memberSchema, await inTeam(options.team, (ctx) => setRole(ctx, input))));
    });
  member
    .command('rotate-key <memberId>')
    .description("rotate a member's API key; the old key stops working at once")
    .requiredOption('--team <teamId>')
    .action(async (id: string, options: Options, command: Command) => {
      const input = { memberId: memberIdOf(id), overlapSeconds: 0 };
      printResult(command, z.encode(rotatedKeySchema, await inTeam(options.team, (ctx) => rotateKey(ctx, input))));
    });
  member
    .command('delete <memberId>')
    .description('delete a member; its balance returns to the master balance')
    .requiredOption('--team <teamId>')
    .action(async (id: string, options: Options, command: Command) => {
      const gone = await inTeam(options.team, (ctx) => deleteMember(ctx, memberIdOf(id)));
      printResult(command, z.encode(deletedMemberSchema, gone));
    });
  rescue(member);
  money(member);
}

/** Adds the commands for members who cannot sign in. */
function rescue(member: Command): void {
  member
    .command('password <memberId>')
    .description("set a new password for a member's user; prints it once and signs out all sessions")
    .requiredOption('--team <teamId>')
    .option('--password <password>', '12 to 200 characters; generated if omitted')
    .action(async (id: string, options: Options, command: Command) => {
      const given = await read(passwordSchema.optional(), options['password'], '--password');
      const input = { memberId: memberIdOf(id), ...(given !== undefined && { password: given }) };
      printResult(command, await inTeam(options.team, (ctx) => givePassword(ctx, input)));
    });
  member
    .command('totp-reset <memberId>')
    .description("turn off two-factor for a member's user who has lost the app and the recovery codes")
    .requiredOption('--team <teamId>')
    .action(async (id: string, options: Options, command: Command) => {
      printResult(command, await inTeam(options.team, (ctx) => resetTwoFactor(ctx, memberIdOf(id))));
    });
}

function listing(member: Command): void {
  member
    .command('list')
    .requiredOption('--team <teamId>')
    .option('--status <status>', 'active, inactive or deleted')
    .option('--query <text>', 'part of a name, email or externalId')
    .option('--limit <n>')
    .option('--cursor <cursor>')
    .action(async ({ team, ...filters }: Options, command: Command) => {
      const input = await read(memberListInput, filters, 'member list');
      const page = await inTeam(team, (ctx) => listMembers(ctx, input));
      printResult(command, { data: page.data.map((m) => z.encode(memberSchema, m)), nextCursor: page.nextCursor });
    });
}

function creation(member: Command): void {
  member
    .command('create')
    .description('create a member; prints its API key once')
    .requiredOption('--team <teamId>')
    .option('--name <name>')
    .option('--email <email>')
    .option('--role <role>')
    .option('--credit <amount>', 'starting credit')
    .option('--external-id <id>')
    .action(async ({ team, ...given }: Options, command: Command) => {
      const input = await read(createMemberInput, given, 'member create');
      printResult(command, z.encode(createdMemberSchema, await inTeam(team, (ctx) => createMember(ctx, input))));
    });
}

function onOne(
  member: Command,
  name: string,
  about: string,
  run: (ctx: Context, memberId: string) => Promise<Member>,
): void {
  member
    .command(`${name} <memberId>`)
    .description(about)
    .requiredOption('--team <teamId>')
    .action(async (id: string, options: Options, command: Command) => {
      printResult(command, z.encode(memberSchema, await inTeam(options.team, (ctx) => run(ctx, memberIdOf(id)))));
    });
}

function money(member: Command): void {
  member
    .command('credit <memberId> <amount>')
    .description('move money from the master balance to the member')
    .requiredOption('--team <teamId>')
    .option('--note <text>')
    .option('--dry-run', 'say what would happen, and do nothing')
    .action(async (id: string, amount: string, { team, ...rest }: Options, command: Command) => {
      const input = { ...(await read(creditInput, { amount, ...rest }, 'member credit')), memberId: memberIdOf(id) };
      printResult(command, z.encode(movementSchema, await inTeam(team, (ctx) => creditMember(ctx, input))));
    });
  member
    .command('debit <memberId> <amount>')
    .description('move money from the member to the master balance; "all" moves the full balance')
    .requiredOption('--team <teamId>')
    .option('--note <text>')
    .option('--dry-run', 'say what would happen, and do nothing')
    .action(async (id: string, amount: string, { team, ...rest }: Options, command: Command) => {
      const input = { ...(await read(debitInput, { amount, ...rest }, 'member debit')), memberId: memberIdOf(id) };
      printResult(command, z.encode(debitedSchema, await inTeam(team, (ctx) => debitMember(ctx, input))));
    });
}
