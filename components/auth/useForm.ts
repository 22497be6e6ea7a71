'use client';

import type { FormEvent } from 'react';
import { problemOf, sayProblem } from '@/components/data';

type Asked = { error: unknown; isPending: boolean };

/** What is wrong with a form that was sent: at each field, and beside what no field is to blame for. */
export function faultsOf({ error, isPending }: Asked) {
  const problem = isPending ? undefined : problemOf(error);
  // Of several about one field the first is said: too short comes before too common.
  const at = new Map((problem?.errors ?? []).toReversed().map(({ pointer, detail }) => [pointer.slice(1), detail]));
  return {
    at: (field: string) => at.get(field),
    /** What is about no field. */
    rest: error !== null && !isPending && at.size === 0 ? sayOf(error) : undefined,
  };
}

/** What says by itself what to do: too many tries, a link that is dead, a session that was ended meanwhile. */
const SPEAKS_FOR_ITSELF = ['rate_limited', 'not_found', 'missing_key'];

function sayOf(error: unknown): string {
  const problem = problemOf(error);
  return problem && SPEAKS_FOR_ITSELF.includes(problem.code) ? problem.detail : sayProblem(error);
}

/** What stands in a form's fields; they belong to the browser, which may have filled them in before this runs. */
export function readFields(event: FormEvent<HTMLFormElement>): (name: string) => string {
  event.preventDefault();
  const data = new FormData(event.currentTarget);
  return (name) => {
    const value = data.get(name);
    return typeof value === 'string' ? value : '';
  };
}
