import { access } from './access';
import { account } from './account';
import { audit } from './audit';
import { invitations } from './invitations';
import { joining } from './joining';
import { keys } from './keys';
import { mailbox } from './mailbox';
import { members } from './members';
import { messages } from './messages';
import { createCallerFactory, router } from './procedures';
import { rates } from './rates';
import { recharge } from './recharge';
import { reports } from './reports';
import { team } from './team';
import { transfers } from './transfers';

/** The tRPC router for the pages. Procedures have the names of the API's operations: `members.createMember`. */
export const appRouter = router({
  access,
  account,
  team,
  members,
  invitations,
  joining,
  keys,
  transfers,
  recharge,
  messages,
  reports,
  rates,
  audit,
  mailbox,
});

export type AppRouter = typeof appRouter;
export type { Problem } from './problem';

/** Calls procedures from the server itself, with the same parsing and printing as over HTTP. */
export const createCaller = createCallerFactory(appRouter);
