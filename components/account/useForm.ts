'use client';

import type { FormEvent } from 'react';
import { problemOf, sayProblem } from '@/components/data';

type Asked = { error: unknown; isPending: boolean };

/** What is wrong with a form that was sent: at each field, and beside what no field is to blame for. */
export function faultsOf({ error, isPending }: Asked) {
  const problem = isPending ? undefined : problemOf(error);
  const at = new Map((problem?.errors ?? []).map(({ pointer, detail }) => [pointer.slice(1), detail]));
  return {
    at: (field: string) => at.get(field),
    /** What is about no field. */
    rest: error !== null && !isPending && at.size === 0 ? sayOf(error) : undefined,
  };
}

/** What was refused for too many tries, or what was not found, says by itself what to do. */
function sayOf(error: unknown): string {
  const problem = problemOf(error);
  return problem?.code === 'rate_limited' || problem?.code === 'not_found' ? problem.detail : sayProblem(error);
}

/** What stands in a form's fields; they belong to the browser, which may have filled them in before this runs. */
export function fieldsOf(event: FormEvent<HTMLFormElement>): (name: string) => string {
  event.preventDefault();
  const data = new FormData(event.currentTarget);
  return (name) => {
    const value = data.get(name);
    return typeof value === 'string' ? value : '';
  };
}
