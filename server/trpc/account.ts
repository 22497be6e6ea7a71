import { erasedSchema, eraseMeInput } from '@/server/domain/erasure/schema';
import { eraseMe } from '@/server/domain/erasure/write';
import { exportedSchema, leaveTeamInput } from '@/server/domain/people/schema';
import { exportMe, leaveTeam } from '@/server/domain/people/write';
import { listOwnAlerts } from '@/server/domain/alerts/read';
import { ownAlertsSchema, setAlertsInput } from '@/server/domain/alerts/schema';
import { setAlerts } from '@/server/domain/alerts/write';
import { listSeats } from '@/server/domain/sessions/read';
import { seatsSchema } from '@/server/domain/sessions/schema';
import { personalMutation, personalQuery, router } from './procedures';

/** What is a person's own, asked for without naming a team. */
export const account = router({
  listSeats: personalQuery({ reply: seatsSchema, verb: (asker) => listSeats(asker, asker.person.userId) }),
  leaveTeam: personalMutation({ input: leaveTeamInput, reply: seatsSchema, verb: leaveTeam }),
  exportMe: personalMutation({ reply: exportedSchema, verb: exportMe }),
  eraseMe: personalMutation({ input: eraseMeInput, reply: erasedSchema, verb: eraseMe }),
  listAlerts: personalQuery({ reply: ownAlertsSchema, verb: listOwnAlerts }),
  setAlerts: personalMutation({ input: setAlertsInput, reply: ownAlertsSchema, verb: setAlerts }),
});
