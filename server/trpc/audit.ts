import { pickActors } from '@/server/domain/teams/audit/read';
import { actorsSchema } from '@/server/domain/teams/audit/schema';
import * as operations from '@/server/operations/audit';
import { procedures } from './operations';
import { query, router } from './procedures';

export const audit = router({
  ...procedures(operations),
  pickActors: query({ output: actorsSchema, run: pickActors }),
});
