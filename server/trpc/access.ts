import { getSignUpLink, getWays } from '@/server/domain/teams/onboarding/read';
import {
  createdTeamSchema,
  setUpInput,
  signUpInput,
  signUpLinkSchema,
  waysSchema,
} from '@/server/domain/teams/onboarding/schema';
import { requestSignUp, createFirstTeam, signUp } from '@/server/domain/teams/onboarding/write';
import { HASH_COST } from '@/server/domain/core/password-hashing';
import { visitorMutation, visitorQuery, router } from './procedures';
import { addressInput, tokenInput } from '@/server/domain/identity/email-links/schema';
import { enteredSchema, resetInput, resetLinkSchema } from '@/server/domain/identity/passwords/schema';
import { getResetLink } from '@/server/domain/identity/passwords/read';
import { requestPasswordReset, resetPassword } from '@/server/domain/identity/passwords/write';
import { doneSchema } from '@/server/domain/core/codecs';

const hashes = () => HASH_COST;

/** Procedures for visitors who sign in, sign up or set up. A link or the setup code is the proof. */
export const access = router({
  getWays: visitorQuery({ output: waysSchema, run: getWays }),
  requestPasswordReset: visitorMutation({ input: addressInput, output: doneSchema, run: requestPasswordReset }),
  getResetLink: visitorQuery({ input: tokenInput, output: resetLinkSchema, run: getResetLink }),
  resetPassword: visitorMutation({ extraCost: hashes, input: resetInput, output: enteredSchema, run: resetPassword }),
  requestSignUp: visitorMutation({ input: addressInput, output: doneSchema, run: requestSignUp }),
  getSignUpLink: visitorQuery({ input: tokenInput, output: signUpLinkSchema, run: getSignUpLink }),
  signUp: visitorMutation({ extraCost: hashes, input: signUpInput, output: createdTeamSchema, run: signUp }),
  setUp: visitorMutation({ extraCost: hashes, input: setUpInput, output: createdTeamSchema, run: createFirstTeam }),
});
