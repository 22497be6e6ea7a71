import { database } from '@/db/client';
import type { Services } from '@/server/domain/ctx';
import { makeVault } from '@/server/domain/vault';
import { env } from '@/server/env';

let made: Services | undefined;

/** The process's database and vault, made at first use from its configuration. */
export function services(): Services {
  made ??= { database: database(), vault: makeVault(env().secret), demo: env().demo };
  return made;
}
