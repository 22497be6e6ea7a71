'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { isUnanswered, problemOf } from '@/components/data';

export type Result = { ok: true; said: string } | { ok: false; said: string };

/** Requests sent in parallel. More would not be faster because most changes of a team wait for the same lock. */
const AT_ONCE = 4;
const SHOWN_EVERY_MS = 100;

/**
 * Runs one change for many rows, a few in parallel, each with its own result. Unanswered requests are retried.
 * @param once runs the change for one row and returns the text of its result
 */
export function useBulk<Input extends object>(once: (input: Input, id: string) => Promise<string>) {
  const cache = useQueryClient();
  const { results, record, discard, show } = useResults();
  const [isRunning, setRunning] = useState(false);
  // One input object per row keeps its idempotency key the same for all tries.
  const inputs = useRef(new Map<string, Input>());
  const stopped = useRef(false);
  const untilAnswered = async (id: string): Promise<Result> => {
    for (let pause = 500; ; pause = Math.min(pause * 2, 5_000)) {
      try {
        return { ok: true, said: await once(inputs.current.get(id)!, id) };
      } catch (error) {
        if (!isUnanswered(error)) return { ok: false, said: saySoon(error) };
        if (stopped.current) return { ok: false, said: 'No response. It may have been applied; retry to find out.' };
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  };
  const run = async (ids: string[]) => {
    setRunning(true);
    stopped.current = false;
    const waiting = [...ids];
    discard(ids);
    const lane = async () => {
      for (let id = waiting.shift(); id !== undefined && !stopped.current; id = waiting.shift()) {
        record(id, await untilAnswered(id));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    for (const id of waiting) record(id, { ok: false, said: 'Not started' });
    show();
    setRunning(false);
    await cache.invalidateQueries();
  };
  return {
    results,
    isRunning,
    start: (rows: [id: string, input: Input][]) => {
      for (const [id, input] of rows) inputs.current.set(id, input);
      void run(rows.map(([id]) => id));
    },
    again: (ids: string[]) => void run(ids),
    stop: () => (stopped.current = true),
  };
}

/** Returns a short error for a row: the detail of the first invalid field, or the problem's title. */
function saySoon(error: unknown): string {
  const problem = problemOf(error);
  if (problem?.code === 'rate_limited') return problem.detail;
  return problem?.errors?.[0]?.detail ?? problem?.title ?? 'Failed';
}

/**
 * Collects the results and renders them in intervals, because rendering ten thousand rows for each result is too slow.
 */
function useResults() {
  const collected = useRef(new Map<string, Result>());
  const due = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [results, setResults] = useState<ReadonlyMap<string, Result>>(new Map());
  const show = () => {
    clearTimeout(due.current);
    due.current = undefined;
    setResults(new Map(collected.current));
  };
  const record = (id: string, result: Result) => {
    collected.current.set(id, result);
    due.current ??= setTimeout(show, SHOWN_EVERY_MS);
  };
  const discard = (ids: string[]) => {
    for (const id of ids) collected.current.delete(id);
    show();
  };
  return { results, record, discard, show };
}
