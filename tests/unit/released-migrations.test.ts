import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** The migrations that a release contains, with their SHA-256. A release adds rows and changes none. */
const RELEASED: [file: string, hash: string][] = [
  ['0000_tables.sql', '16e82a32ac392c67ed1ab1f28b32850730a9fc6f4da971974ff4f37d9a9240aa'],
  ['0001_ids.sql', '7d430f2bb0e4895599e586114a4bc782aa27beda89ff1a2815759882565b396a'],
  ['0002_ledger_functions.sql', 'e75e973a57a5d45f74627f893dfcd2fc2d4d10bcfae5bba38f68284bc68c7c2a'],
  ['0003_message_functions.sql', 'fea0935bf381c0172305d44405131662374b457a91e9f90b5149323d53ebbf4e'],
  ['0004_request_functions.sql', '86b7f7b4f8251fea7a59e42f6545e4646d808e3a5cd9ec37d31de2f3cfba48a3'],
  ['0005_people.sql', 'e188e6381eb09c72c2e8261677d1983ab0908fdab0d2f1ef466d0be9e2434f40'],
  ['0006_people_functions.sql', '930f7f0f15efe1e7649b8e6b212144b296b347d19b98a7c07385511a797dd26b'],
  ['0007_worker_heartbeats.sql', '387d04018dfdc60192728752c03ad8c56240eb7632415269bbd5869089bcbb5b'],
  ['0008_queue_functions.sql', '5758b4faec15334c1a0b23a2950b1c8233fb5a608b9f991d84184cf009cfdb7a'],
  ['0009_alert_digests.sql', '55e1ec1b0ff334a2704b38df0c956a5d8501236a433d96c472586040da3892f3'],
  ['0010_refusals.sql', '9bc62d8420382f4076697e1d3430d54f9d175bdf2f10e62dc27c8ddd2e6853e1'],
  ['0011_invitation_limits.sql', '155d031d39778532ce98b41f567569f48ccf82d64889b63955cc2994405430d4'],
  ['0012_vocabulary.sql', '81d48370efdf5dea629d6a113c73dcdd6d1381e4626ccda9966e321ed06e0711'],
  ['0013_vocabulary_functions.sql', 'a96434240055e52786275c9350545dd7a43d29c1f9c1cd81489832ebd94ebb34'],
];

it.each(RELEASED)('%s is as it was released, because databases keep its hash', (file, hash) => {
  const text = readFileSync(join(import.meta.dirname, '../../db/migrations', file));
  expect(createHash('sha256').update(text).digest('hex')).toBe(hash);
});
