import { database } from '@/db/client';
import { makeServices, type Services } from '@/server/domain/core/context';
import { env } from '@/server/env';

let made: Services | undefined;

/** Returns the process's services (database, vault, email), created from the configuration on first use. */
export function services(): Services {
  made ??= makeServices(database(), env());
  return made;
}
