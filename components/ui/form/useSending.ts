'use client';

import type { FormErrors, UseFormReturnType } from '@mantine/form';
import { useRef, useState, type ReactNode, type RefObject } from 'react';
import { flushSync } from 'react-dom';
import { problemOf, sayProblem } from '@/components/data';
import { useDialogHost } from '../dialogs';
import { toast } from '../toast';
import { sayRefusal, type Command } from './CommandNote';
import { focusRefused } from './dom-fields';
import { pathsOf, placeErrors, type FieldNames, type PlacedErrors } from './pointers';

export type SendingOptions<Values, Input> = {
  command: Command<Input>;
  /** Returns the command's input; null if the values make none, so that nothing is sent. */
  inputOf: (values: Values) => Input | null;
  /** The fields of errors whose pointer ("/recharge/cap") or code ("email_taken") names them otherwise. */
  named?: FieldNames;
  /** Returns the text of a refusal that belongs to no field. */
  say?: (error: unknown) => ReactNode;
  /** Called after a refusal was shown, to move the focus on. */
  onRefused?: (error: unknown) => void;
  /** The name of the draft: unsaved changes are guarded, and kept while the form's dialog is closed. */
  draft?: string;
  /** True for a form that stays after its command was carried out, and starts again from the known values. */
  stays?: boolean;
};

/** `sending` until the server answers; `done` once the command was carried out, when nothing may be sent again. */
type Phase = 'editing' | 'sending' | 'done';

type Parts<Values> = {
  form: UseFormReturnType<Values>;
  element: RefObject<HTMLFormElement | null>;
  /** Starts again from the known values. */
  onStay: () => void;
};

/** Sends one submission at a time, places the errors of a refusal, and focuses the first field that has one. */
export function useSending<Values extends Record<string, unknown>, Input>(
  { command, inputOf, named = {}, say = sayRefusal, onRefused, draft, stays = false }: SendingOptions<Values, Input>,
  { form, element, onStay }: Parts<Values>,
) {
  const [phase, setPhase] = useState<Phase>('editing');
  const [refusal, setRefusal] = useState<ReactNode>(null);
  // Known before the next render, for the second of two clicks.
  const isLocked = useRef(false);
  const drafts = useDialogHost()?.drafts;
  const enter = (next: Phase) => {
    isLocked.current = next !== 'editing';
    setPhase(next);
  };
  const refuse = (at: FormErrors, said: ReactNode) => {
    // Rendered at once, because only a rendered error can be focused.
    flushSync(() => {
      enter('editing');
      form.setErrors(at);
      setRefusal(said);
    });
    const isSeen = focusRefused(element.current, Object.keys(at));
    if (!isSeen && said === null)
      setRefusal(sayRest(Object.entries(at).map(([field, detail]) => `${field}: ${detail as string}`)));
  };
  const fail = (values: Values, error: unknown) => {
    if (element.current === null) {
      // The dialog was closed meanwhile.
      enter('editing');
      if (draft !== undefined) drafts?.set(draft, values);
      toast({ message: sayUnchanged(sayProblem(error)), tone: 'bad' });
      return;
    }
    const { at, rest } = placeProblem(error, pathsOf(values), named);
    refuse(at, rest.length > 0 ? sayRest(rest) : Object.keys(at).length > 0 ? null : say(error));
    onRefused?.(error);
  };
  const restart = () => {
    setRefusal(null);
    enter('editing');
  };
  const send = (values: Values) => {
    const input = isLocked.current ? null : inputOf(values);
    if (input === null) return;
    enter('sending');
    setRefusal(null);
    command.mutateAsync(input).then(
      () => {
        if (!stays) return enter('done');
        restart();
        return onStay();
      },
      (error: unknown) => fail(values, error),
    );
  };
  return {
    phase,
    refusal,
    send,
    /** Shows the errors that were found without asking the server. */
    refuse: (at: FormErrors) => {
      if (!isLocked.current) refuse(at, null);
    },
    restart,
  };
}

const sayUnchanged = (text: string): string =>
  /nothing was|no money moved/i.test(text) ? text : `Nothing was changed. ${text}`;

const sayRest = (details: string[]): string => `Nothing was changed. ${details.join(' ')}`;

/** Places a refusal by its errors or, if it lists none, by its code. */
function placeProblem(error: unknown, paths: string[], named: FieldNames): PlacedErrors {
  const problem = problemOf(error);
  const field = problem && named[problem.code];
  if (field !== undefined) return { at: { [field]: sayRefusal(error) }, rest: [] };
  return placeErrors(problem?.errors ?? [], paths, named);
}
