import type { MemberView } from './member';

export const STATUS_LABELS: Record<MemberView['status'], string> = {
  active: 'Active',
  inactive: 'Inactive',
  deleted: 'Deleted',
};

export const ROLE_LABELS: Record<MemberView['role'], string> = { owner: 'Owner', member: 'Member' };

/** The effects of a role change, as the confirmation describes them; `self` where users change their own role. */
export const ROLE_EFFECTS = {
  owner:
    'Owners manage the whole team: members, money, API keys, roles and settings. Messages are charged to the master balance; the member’s own balance is kept, and auto-recharge is paused.',
  member: 'Can only see and use its own account. Messages are charged to its own balance, and auto-recharge resumes.',
  self: 'You’ll only see and use your own account. Messages are charged to your own balance.',
};

export type BulkCommand = 'credit' | 'debit' | 'activate' | 'deactivate';

export const BULK_LABELS: Record<BulkCommand, string> = {
  credit: 'Credit',
  debit: 'Debit',
  activate: 'Activate',
  deactivate: 'Deactivate',
};

/** The effects of a bulk change of status. */
export const BULK_EFFECTS = {
  activate: 'Their API keys work again immediately.',
  deactivate: 'Their API keys stop working immediately. Balances are kept.',
};

/** Returns the result of a bulk action that succeeded for every member. */
export function sayAllDone(command: BulkCommand, count: number): string {
  const all = count === 1 ? '1' : `All ${count}`;
  const members = count === 1 ? 'member' : 'members';
  return {
    credit: `${all} ${count === 1 ? 'credit' : 'credits'} completed`,
    debit: `${all} ${count === 1 ? 'debit' : 'debits'} completed`,
    activate: `${all} ${members} activated`,
    deactivate: `${all} ${members} deactivated`,
  }[command];
}
