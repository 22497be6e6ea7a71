import { getSignUpLink, getWays } from '@/server/domain/teams/onboarding/read';
import {
  foundedSchema,
  setUpInput,
  signUpInput,
  signUpLinkSchema,
  waysSchema,
} from '@/server/domain/teams/onboarding/schema';
import { askToSignUp, setUp, signUp } from '@/server/domain/teams/onboarding/write';
import { HASH_COST } from '@/server/domain/core/password-hashing';
import { guestMutation, guestQuery, router } from './procedures';
import { addressInput, tokenInput } from '@/server/domain/identity/email-links/schema';
import { enteredSchema, resetInput, resetLinkSchema } from '@/server/domain/identity/passwords/schema';
import { getResetLink } from '@/server/domain/identity/passwords/read';
import { askForReset, resetPassword } from '@/server/domain/identity/passwords/write';
import { doneSchema } from '@/server/domain/core/codecs';

const hashes = () => HASH_COST;

/** The ways in, for who is not signed in. What stands in a link or was printed at the start proves itself. */
export const access = router({
  getWays: guestQuery({ reply: waysSchema, verb: getWays }),
  askForReset: guestMutation({ input: addressInput, reply: doneSchema, verb: askForReset }),
  getResetLink: guestQuery({ input: tokenInput, reply: resetLinkSchema, verb: getResetLink }),
  resetPassword: guestMutation({ extraCost: hashes, input: resetInput, reply: enteredSchema, verb: resetPassword }),
  askToSignUp: guestMutation({ input: addressInput, reply: doneSchema, verb: askToSignUp }),
  getSignUpLink: guestQuery({ input: tokenInput, reply: signUpLinkSchema, verb: getSignUpLink }),
  signUp: guestMutation({ extraCost: hashes, input: signUpInput, reply: foundedSchema, verb: signUp }),
  setUp: guestMutation({ extraCost: hashes, input: setUpInput, reply: foundedSchema, verb: setUp }),
});
