import { parseAsStringLiteral } from 'nuqs/server';

/** The tab of a member's page in its URL. */
export const tabOf = parseAsStringLiteral([
  'overview',
  'messages',
  'transfers',
  'statistics',
  'recharge',
  'key',
  'audit',
  'settings',
]).withDefault('overview');
