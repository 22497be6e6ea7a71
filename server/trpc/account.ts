import { getProfile } from '@/server/domain/profiles/read';
import {
  changePasswordInput,
  newFactorSchema,
  profileSchema,
  recoveryCodesSchema,
  renamePersonInput,
  withCode,
  withPassword,
} from '@/server/domain/profiles/schema';
import {
  changePassword,
  confirmTwoFactor,
  endTwoFactor,
  renamePerson,
  renewRecoveryCodes,
  startTwoFactor,
} from '@/server/domain/profiles/write';
import { listSeats, listSessions } from '@/server/domain/sessions/read';
import { doneSchema, oneSession, proofInput, seatsSchema, sessionsSchema } from '@/server/domain/sessions/schema';
import { confirmSession, endAllSessions, endOwnSession } from '@/server/domain/sessions/write';
import { personalMutation, personalQuery, router } from './procedures';

/** What is a person's own, asked for without naming a team. */
export const account = router({
  listSeats: personalQuery({ reply: seatsSchema, verb: (asker) => listSeats(asker, asker.person.userId) }),
  getProfile: personalQuery({ reply: profileSchema, verb: getProfile }),
  renamePerson: personalMutation({ input: renamePersonInput, reply: doneSchema, verb: renamePerson }),
  changePassword: personalMutation({ input: changePasswordInput, reply: doneSchema, verb: changePassword }),
  startTwoFactor: personalMutation({ input: withPassword, reply: newFactorSchema, verb: startTwoFactor }),
  confirmTwoFactor: personalMutation({ input: withCode, reply: recoveryCodesSchema, verb: confirmTwoFactor }),
  renewRecoveryCodes: personalMutation({ input: withPassword, reply: recoveryCodesSchema, verb: renewRecoveryCodes }),
  endTwoFactor: personalMutation({ input: withPassword, reply: doneSchema, verb: endTwoFactor }),
  listSessions: personalQuery({ reply: sessionsSchema, verb: listSessions }),
  endSession: personalMutation({
    input: oneSession,
    reply: doneSchema,
    verb: (asker, { sessionId }) => endOwnSession(asker, sessionId),
  }),
  endAllSessions: personalMutation({ reply: doneSchema, verb: endAllSessions }),
  confirm: personalMutation({ input: proofInput, reply: doneSchema, verb: confirmSession }),
});
