'use client';

import type { FormEvent } from 'react';
import { problemOf, sayProblem } from '@/components/data';

type Submission = { error: unknown; isPending: boolean };

/** Returns the errors of a submitted form by field, and the one that belongs to no field. */
export function faultsOf({ error, isPending }: Submission) {
  const problem = isPending ? undefined : problemOf(error);
  // The first of several errors at one field is shown: "too short" comes before "too common".
  const at = new Map((problem?.errors ?? []).toReversed().map(({ pointer, detail }) => [pointer.slice(1), detail]));
  return {
    at: (field: string) => at.get(field),
    /** The error that belongs to no field. */
    rest: error !== null && !isPending && at.size === 0 ? sayOf(error) : undefined,
  };
}

/** Errors whose detail already says what to do: rate limit, invalid link, ended session. */
const SELF_EXPLAINING = ['rate_limited', 'not_found', 'missing_key'];

function sayOf(error: unknown): string {
  const problem = problemOf(error);
  return problem && SELF_EXPLAINING.includes(problem.code) ? problem.detail : sayProblem(error);
}

/** Returns a reader of a form's uncontrolled fields, which the browser may have filled in before hydration. */
export function readFields(event: FormEvent<HTMLFormElement>): (name: string) => string {
  event.preventDefault();
  const data = new FormData(event.currentTarget);
  return (name) => {
    const value = data.get(name);
    return typeof value === 'string' ? value : '';
  };
}
