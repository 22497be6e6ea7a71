'use client';

import type { ReactNode } from 'react';
import { isUnanswered, problemOf, sayProblem } from '@/components/data';
import { Note } from '../pieces';

/** A command that a form runs: a mutation, or anything that sends an input and rejects if it is refused. */
export type Command<Input> = {
  mutateAsync: (input: Input) => Promise<unknown>;
  /** The failed attempts of the current run, and the error of the last one. */
  failureCount?: number;
  failureReason?: unknown;
};

/** Codes whose detail already says what to do: rate limit, invalid link, ended session. */
const SELF_EXPLAINING = new Set(['rate_limited', 'not_found', 'missing_key']);

/** Returns the text of a refusal. */
export function sayRefusal(error: unknown): string {
  const problem = problemOf(error);
  return problem && SELF_EXPLAINING.has(problem.code) ? problem.detail : sayProblem(error);
}

/** Returns true while the response of a command was lost and it is sent again. */
export const isChecking = ({ failureCount = 0, failureReason }: Omit<Command<never>, 'mutateAsync'>): boolean =>
  failureCount > 0 && isUnanswered(failureReason);

const WAITING = 'Still waiting. We’re retrying safely; nothing is done twice.';

/** Shows that a response is awaited. An unknown outcome is never called failed. */
export const WaitingNote = ({ children = WAITING }: { children?: ReactNode }) => (
  <Note tone="warn" alert>
    {children}
  </Note>
);

/** Shows that something was refused, and why. */
export const RefusalNote = ({ children }: { children: ReactNode }) => (
  <Note tone="bad" alert>
    {children}
  </Note>
);

type Mutation = { isPending: boolean; error: unknown; failureCount: number; failureReason: unknown };

type CommandNoteProps = { mutation: Mutation; say?: (error: unknown) => ReactNode; waiting?: string | undefined };

/** Shows the state of a command that is run by a button. */
export function CommandNote({ mutation, say = sayRefusal, waiting }: CommandNoteProps) {
  if (mutation.isPending) return isChecking(mutation) ? <WaitingNote>{waiting}</WaitingNote> : null;
  return mutation.error === null ? null : <RefusalNote>{say(mutation.error)}</RefusalNote>;
}
