import { listSeats } from '@/server/domain/sessions/read';
import { seatsSchema } from '@/server/domain/sessions/schema';
import { personalQuery, router } from './procedures';

/** What is a person's own, asked for without naming a team. */
export const account = router({
  listSeats: personalQuery({ reply: seatsSchema, verb: (asker) => listSeats(asker, asker.person.userId) }),
});
