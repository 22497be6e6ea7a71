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

/** Door 1, for the pages. A procedure is named as the API's operation of the same verb: `members.createMember`. */
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

/** Calls procedures from the server itself: what goes in and comes out is the same as over HTTP. */
export const createCaller = createCallerFactory(appRouter);
