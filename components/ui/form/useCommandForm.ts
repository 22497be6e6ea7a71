'use client';

import { useForm, type GetInputPropsReturnType, type UseFormReturnType } from '@mantine/form';
import { useCallback, useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import type { Command } from './CommandNote';
import { readNamed } from './dom-fields';
import { useDraftGuard, useKeptDraft } from './useDraftGuard';
import { useSending, type SendingOptions } from './useSending';

type FormOptions<Values, Input> = SendingOptions<Values, Input> & {
  /** The known values. Untouched fields follow changes that others make. */
  initial: Values;
  /** Returns the errors that are found without asking the server, by field. */
  check?: (values: Values) => Record<string, string | undefined>;
  /** The text that is shown while a lost response is awaited. */
  waiting?: string;
  /** `uncontrolled` leaves the fields to the browser, which may fill in what it has stored, without an event. */
  mode?: 'controlled' | 'uncontrolled';
};

/** The state and the handlers that the layout of a form needs, whatever its values. */
export type FormState = {
  attach: (element: HTMLFormElement | null) => void;
  isDirty: boolean;
  /** True while the form shows a draft that was kept. */
  isRestored: boolean;
  /** True from a submission until it is refused, and after it was carried out. */
  isSending: boolean;
  /** The refusal that belongs to no field. */
  refusal: ReactNode;
  command: Pick<Command<never>, 'failureCount' | 'failureReason'>;
  waiting: string | undefined;
  /** Starts again from the known values. */
  start: () => void;
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
};

/**
 * Holds a form that runs one command: its values, its errors by field, and one submission at a time. A submission keeps its
 * input object until the server answers, so that a lost response never runs the command twice.
 */
export function useCommandForm<Values extends Record<string, unknown>, Input>(options: FormOptions<Values, Input>) {
  const { initial, command, check, waiting, draft, mode = 'controlled' } = options;
  const element = useRef<HTMLFormElement>(null);
  const attach = useCallback((node: HTMLFormElement | null) => void (element.current = node), []);
  const validate = (values: Values) => check?.(values) ?? {};
  const form = useForm<Values>({ mode, initialValues: initial, validate });
  const latest = useFollowing(initial, form);
  const [isRestored, setRestored] = useRestored(useKeptDraft(draft) as Values | null, form);
  const fill = (values: Values) => {
    form.setValues(values);
    setRestored(false);
  };
  const empty = () => {
    fill(latest.current);
    // The browser holds the texts of an uncontrolled form.
    if (mode === 'uncontrolled') element.current?.reset();
  };
  const sending = useSending(options, { form, element, onStay: empty });
  const start = (values?: Values) => {
    if (values) fill(values);
    else empty();
    sending.restart();
  };
  const { values } = form;
  const changed = Object.keys(initial).filter((name) => !isSame(values[name], form.getInitialValues()[name]));
  const isDirty = changed.length > 0;
  useDraftGuard(draft, {
    values,
    isUnsaved: isDirty && sending.phase === 'editing',
    isTyped: changed.some((name) => typeof values[name] !== 'boolean'),
    onDiscard: () => start(),
  });
  const state: FormState = {
    attach,
    isDirty,
    isRestored: isRestored && isDirty,
    isSending: sending.phase !== 'editing',
    refusal: sending.refusal,
    command,
    waiting,
    start: () => start(),
    onSubmit: (event) => {
      const typed = readNamed(event.currentTarget, Object.keys(initial)) as Partial<Values>;
      if (Object.keys(typed).length > 0) form.setValues(typed);
      form.onSubmit(sending.send, sending.refuse)(event);
    },
  };
  /** `start` can also start from other values. */
  return { ...state, ...fieldsOf(form, mode), start, send: sending.send };
}

type FieldProps = Required<Pick<GetInputPropsReturnType, 'onChange' | 'error'>>;

/** Returns the ways to read and to change the fields of a form. */
const fieldsOf = <Values extends Record<string, unknown>>(
  form: UseFormReturnType<Values>,
  mode: 'controlled' | 'uncontrolled',
) => ({
  values: form.values,
  set: <Name extends keyof Values & string>(name: Name, value: Values[Name]) =>
    form.setFieldValue(name, value as never),
  /** Returns the properties of a field; of an uncontrolled one, its name and its default value instead of its value. */
  field: <Name extends keyof Values & string>(name: Name) =>
    ({ ...form.getInputProps(name, { withFocus: false }), ...(mode === 'uncontrolled' && { name }) }) as FieldProps & {
      value: Values[Name];
    },
  /** Returns the properties of a field within a group of fields. */
  part: (group: keyof Values & string, name: string) =>
    form.getInputProps(`${group}.${name}`, { withFocus: false }) as FieldProps & { value: string },
  /** Returns the properties of a checkbox or a switch. */
  checkbox: (name: keyof Values & string) =>
    form.getInputProps(name, { type: 'checkbox', withFocus: false }) as FieldProps & { checked: boolean },
  errorAt: (path: string) => form.errors[path],
});

/** Lets untouched fields follow the known values, and returns the last ones. */
function useFollowing<Values extends Record<string, unknown>>(initial: Values, form: UseFormReturnType<Values>) {
  const latest = useRef(initial);
  // `initial` is a new object on every render.
  useEffect(() => {
    latest.current = initial;
    const known = form.getInitialValues();
    if (isSame(known, initial)) return;
    form.setInitialValues(initial);
    for (const name of Object.keys(initial)) {
      if (isSame(form.getValues()[name], known[name])) form.setFieldValue(name, initial[name] as never);
    }
  });
  return latest;
}

/** Fills in a draft that was kept; true until the form starts again. */
function useRestored<Values>(kept: Values | null, { setValues }: UseFormReturnType<Values>) {
  const state = useState(kept !== null);
  useEffect(() => {
    if (kept !== null) setValues(kept);
  }, [kept, setValues]);
  return state;
}

const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));

/** Returns the fields that hold text. */
export function filled<Name extends string>(fields: Record<Name, string>): Partial<Record<Name, string>> {
  const texts = Object.entries<string>(fields).filter(([, text]) => text.trim() !== '');
  return Object.fromEntries(texts) as Partial<Record<Name, string>>;
}
