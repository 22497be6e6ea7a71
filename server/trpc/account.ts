import { erasedSchema, eraseMeInput } from '@/server/domain/privacy/erasure/schema';
import { eraseMe } from '@/server/domain/privacy/erasure/write';
import { exportedSchema } from '@/server/domain/privacy/data-export/schema';
import { exportMe } from '@/server/domain/privacy/data-export/write';
import { listOwnAlerts } from '@/server/domain/notifications/alerts/read';
import { ownAlertsSchema, setAlertsInput } from '@/server/domain/notifications/alerts/schema';
import { setAlerts } from '@/server/domain/notifications/alerts/write';
import { HASH_COST } from '@/server/domain/core/password-hashing';
import { getProfile } from '@/server/domain/identity/users/read';
import {
  newFactorSchema,
  profileSchema,
  recoveryCodesSchema,
  renamePersonInput,
  withCode,
  withPassword,
} from '@/server/domain/identity/users/schema';
import {
  confirmTwoFactor,
  endTwoFactor,
  renamePerson,
  renewRecoveryCodes,
  startTwoFactor,
} from '@/server/domain/identity/users/write';
import { listSeats, listSessions } from '@/server/domain/identity/sessions/read';
import { oneSession, proofInput, seatsSchema, sessionsSchema } from '@/server/domain/identity/sessions/schema';
import { confirmSession, endAllSessions, endOwnSession } from '@/server/domain/identity/sessions/write';
import { personalMutation, personalQuery, router } from './procedures';
import { changePasswordInput } from '@/server/domain/identity/passwords/schema';
import { changePassword } from '@/server/domain/identity/passwords/write';
import { leaveTeam } from '@/server/domain/teams/members/write';
import { leaveTeamInput } from '@/server/domain/teams/members/schema';
import { doneSchema } from '@/server/domain/core/codecs';

const hashes = () => HASH_COST;

/** What is a person's own, asked for without naming a team. */
export const account = router({
  listSeats: personalQuery({ reply: seatsSchema, verb: (asker) => listSeats(asker, asker.person.userId) }),
  leaveTeam: personalMutation({ input: leaveTeamInput, reply: seatsSchema, verb: leaveTeam }),
  exportMe: personalMutation({ reply: exportedSchema, verb: exportMe }),
  eraseMe: personalMutation({ extraCost: hashes, input: eraseMeInput, reply: erasedSchema, verb: eraseMe }),
  listAlerts: personalQuery({ reply: ownAlertsSchema, verb: listOwnAlerts }),
  setAlerts: personalMutation({ input: setAlertsInput, reply: ownAlertsSchema, verb: setAlerts }),
  getProfile: personalQuery({ reply: profileSchema, verb: getProfile }),
  renamePerson: personalMutation({ input: renamePersonInput, reply: doneSchema, verb: renamePerson }),
  changePassword: personalMutation({
    extraCost: hashes,
    input: changePasswordInput,
    reply: doneSchema,
    verb: changePassword,
  }),
  startTwoFactor: personalMutation({
    extraCost: hashes,
    input: withPassword,
    reply: newFactorSchema,
    verb: startTwoFactor,
  }),
  confirmTwoFactor: personalMutation({ input: withCode, reply: recoveryCodesSchema, verb: confirmTwoFactor }),
  renewRecoveryCodes: personalMutation({
    extraCost: hashes,
    input: withPassword,
    reply: recoveryCodesSchema,
    verb: renewRecoveryCodes,
  }),
  endTwoFactor: personalMutation({ extraCost: hashes, input: withPassword, reply: doneSchema, verb: endTwoFactor }),
  listSessions: personalQuery({ reply: sessionsSchema, verb: listSessions }),
  endSession: personalMutation({
    input: oneSession,
    reply: doneSchema,
    verb: (asker, { sessionId }) => endOwnSession(asker, sessionId),
  }),
  endAllSessions: personalMutation({ reply: doneSchema, verb: endAllSessions }),
  confirm: personalMutation({ extraCost: hashes, input: proofInput, reply: doneSchema, verb: confirmSession }),
});
