import * as read from '@/server/domain/teams/api-keys/read';
import * as write from '@/server/domain/teams/api-keys/write';
import * as membersWrite from '@/server/domain/teams/members/write';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { keyListInput, keySchema } from '@/server/domain/teams/api-keys/schema';
import { revealedKeySchema, rotateKeyInput, rotatedKeySchema } from '@/server/domain/teams/members/schema';
import { exampleKey, expiringKey, member } from './examples';
import { operation } from './operation';

export const endKey = operation({
  method: 'DELETE',
  path: '/keys/{keyId}',
  summary: 'End a key at once, before its overlap is over',
  output: keySchema,
  description: 'Repeating it returns the same answer. A member may end its own key.',
  example: { output: { ...expiringKey, status: 'ended', endedAt: '2026-03-02T10:00:00.000Z' } },
  run: (ctx, { keyId }) => write.endKey(ctx, keyId),
});

export const listKeys = operation({
  method: 'GET',
  path: '/members/{memberId}/keys',
  summary: "List a member's keys, newest first, without their secrets",
  input: keyListInput,
  output: pageOfSchema(keySchema),
  example: { input: { limit: '10' }, output: { data: [expiringKey], nextCursor: null } },
  run: read.listKeys,
});

export const revealKey = operation({
  method: 'POST',
  path: '/members/{memberId}/key/reveal',
  summary: "Reveal a member's current key; recorded in the audit log",
  output: revealedKeySchema,
  errors: ['owner_required'],
  example: { output: { apiKey: exampleKey } },
  run: (ctx, { memberId }) => membersWrite.revealKey(ctx, memberId),
});

export const rotateKey = operation({
  method: 'POST',
  path: '/members/{memberId}/key/rotate',
  summary: "Rotate a member's key; the old one ends at once or after an overlap",
  input: rotateKeyInput,
  output: rotatedKeySchema,
  status: 201,
  errors: ['member_deleted'],
  example: { input: { overlapSeconds: 3600 }, output: { member, secrets: { apiKey: exampleKey } } },
  run: membersWrite.rotateKey,
});
