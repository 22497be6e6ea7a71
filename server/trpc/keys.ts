import * as operations from '@/server/operations/api-keys';
import { procedures } from './operations';
import { router } from './procedures';

export const keys = router(procedures(operations));
