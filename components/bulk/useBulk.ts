'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { isUnanswered, problemOf } from '@/components/data';

export type Result = { ok: true; said: string } | { ok: false; said: string };

/** How many are asked for at once: a team's changes mostly wait for each other anyway. */
const AT_ONCE = 4;
const SHOWN_EVERY_MS = 100;

/**
 * Does one thing for many rows, some at a time, each with a result of its own; what is not answered is asked again. `once` does
 * it for one and says what came of it.
 */
export function useBulk<Input extends object>(once: (input: Input, id: string) => Promise<string>) {
  const cache = useQueryClient();
  const { results, tell, forget, show } = useResults();
  const [isRunning, setRunning] = useState(false);
  // One input a row for good: its key is the same however often the row is tried.
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
    forget(ids);
    const lane = async () => {
      for (let id = waiting.shift(); id !== undefined && !stopped.current; id = waiting.shift()) {
        tell(id, await untilAnswered(id));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    for (const id of waiting) tell(id, { ok: false, said: 'Not started' });
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

/** In a list of many a few words; of a field that is wrong, what is wrong with it. */
function saySoon(error: unknown): string {
  const problem = problemOf(error);
  if (problem?.code === 'rate_limited') return problem.detail;
  return problem?.errors?.[0]?.detail ?? problem?.title ?? 'Failed';
}

/** What became of each, shown some at a time: of ten thousand rows not every one is worth a drawing of all. */
function useResults() {
  const told = useRef(new Map<string, Result>());
  const due = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [results, setResults] = useState<ReadonlyMap<string, Result>>(new Map());
  const show = () => {
    clearTimeout(due.current);
    due.current = undefined;
    setResults(new Map(told.current));
  };
  const tell = (id: string, result: Result) => {
    told.current.set(id, result);
    due.current ??= setTimeout(show, SHOWN_EVERY_MS);
  };
  const forget = (ids: string[]) => {
    for (const id of ids) told.current.delete(id);
    show();
  };
  return { results, tell, forget, show };
}
