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
  twoFactorSetupSchema,
  profileSchema,
  recoveryCodesSchema,
  renameUserInput,
  withCode,
  withPassword,
} from '@/server/domain/identity/users/schema';
import {
  confirmTwoFactor,
  endTwoFactor,
  renameUser,
  renewRecoveryCodes,
  startTwoFactor,
} from '@/server/domain/identity/users/write';
import { listMemberships, listSessions } from '@/server/domain/identity/sessions/read';
import { oneSession, proofInput, membershipsSchema, sessionsSchema } from '@/server/domain/identity/sessions/schema';
import { reauthenticate, endAllSessions, endOwnSession } from '@/server/domain/identity/sessions/write';
import { userMutation, userQuery, router } from './procedures';
import { changePasswordInput } from '@/server/domain/identity/passwords/schema';
import { changePassword } from '@/server/domain/identity/passwords/write';
import { leaveTeam } from '@/server/domain/teams/members/write';
import { leaveTeamInput } from '@/server/domain/teams/members/schema';
import { doneSchema } from '@/server/domain/core/codecs';

const hashes = () => HASH_COST;

/** Procedures on the user's own data, without a team. */
export const account = router({
  listMemberships: userQuery({ output: membershipsSchema, run: (ctx) => listMemberships(ctx, ctx.user.userId) }),
  leaveTeam: userMutation({ input: leaveTeamInput, output: membershipsSchema, run: leaveTeam }),
  exportMe: userMutation({ output: exportedSchema, run: exportMe }),
  eraseMe: userMutation({ extraCost: hashes, input: eraseMeInput, output: erasedSchema, run: eraseMe }),
  listAlerts: userQuery({ output: ownAlertsSchema, run: listOwnAlerts }),
  setAlerts: userMutation({ input: setAlertsInput, output: ownAlertsSchema, run: setAlerts }),
  getProfile: userQuery({ output: profileSchema, run: getProfile }),
  renameUser: userMutation({ input: renameUserInput, output: doneSchema, run: renameUser }),
  changePassword: userMutation({
    extraCost: hashes,
    input: changePasswordInput,
    output: doneSchema,
    run: changePassword,
  }),
  startTwoFactor: userMutation({
    extraCost: hashes,
    input: withPassword,
    output: twoFactorSetupSchema,
    run: startTwoFactor,
  }),
  confirmTwoFactor: userMutation({ input: withCode, output: recoveryCodesSchema, run: confirmTwoFactor }),
  renewRecoveryCodes: userMutation({
    extraCost: hashes,
    input: withPassword,
    output: recoveryCodesSchema,
    run: renewRecoveryCodes,
  }),
  endTwoFactor: userMutation({ extraCost: hashes, input: withPassword, output: doneSchema, run: endTwoFactor }),
  listSessions: userQuery({ output: sessionsSchema, run: listSessions }),
  endSession: userMutation({
    input: oneSession,
    output: doneSchema,
    run: (ctx, { sessionId }) => endOwnSession(ctx, sessionId),
  }),
  endAllSessions: userMutation({ output: doneSchema, run: endAllSessions }),
  confirm: userMutation({ extraCost: hashes, input: proofInput, output: doneSchema, run: reauthenticate }),
});
