import { database } from '@/db/client';
import { makeServices, type Services } from '@/server/domain/core/context';
import { env } from '@/server/env';

let made: Services | undefined;

/** The process's database, vault and ways, made at first use from its configuration. */
export function services(): Services {
  made ??= makeServices(database(), env());
  return made;
}
