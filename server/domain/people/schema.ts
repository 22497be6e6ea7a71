import { z } from 'zod';
import { idCodec } from '../codecs';

export const leaveTeamInput = z.strictObject({ teamId: idCodec('team') });
export type LeaveTeam = z.output<typeof leaveTeamInput>;
