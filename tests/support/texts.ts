import type { ZodType } from 'zod';
import type { $ZodType } from 'zod/v4/core';

/** A place for a text in an input: its path, and an input that holds only that text. */
export type TextPlace = {
  path: string;
  schema: $ZodType;
  /** True when the schema passes the text to a transform. */
  isTransformed: boolean;
  put: (text: string) => unknown;
};

type Definition = {
  type: string;
  reverseTransform?: unknown;
  shape?: Record<string, $ZodType>;
  element?: $ZodType;
  innerType?: $ZodType;
  in?: $ZodType;
  keyType?: $ZodType;
  valueType?: $ZodType;
  options?: $ZodType[];
};

// oxlint-disable-next-line eslint/no-underscore-dangle -- where zod keeps what a schema is made of, as it documents
const definitionOf = (schema: $ZodType): Definition => schema._zod.def;

/**
 * Lists every place of an input for a text, whatever type is expected there; names of fields are places too. In a pipe
 * (a transform, a codec) the reading side counts.
 */
export function listTextPlaces(schema: ZodType | $ZodType): TextPlace[] {
  const {
    type,
    shape,
    element,
    innerType,
    in: source,
    keyType,
    valueType,
    options,
    reverseTransform,
  } = definitionOf(schema);
  const below = (name: string, inner: $ZodType, wrap: (value: unknown) => unknown): TextPlace[] =>
    listTextPlaces(inner).map((place) => ({
      ...place,
      path: name + place.path,
      put: (text) => wrap(place.put(text)),
    }));
  if (type === 'object' && shape) {
    const fields = Object.entries(shape).flatMap(([name, inner]) =>
      below(`/${name}`, inner, (value) => ({ [name]: value })),
    );
    return [...fields, { path: '/(name)', schema, isTransformed: false, put: (text) => ({ [text]: 1 }) }];
  }
  if (type === 'array' && element) return below('/0', element, (value) => [value]);
  if (type === 'record' && keyType && valueType) {
    const names = listTextPlaces(keyType).map((place) => ({
      ...place,
      path: '/(key)',
      put: (text: string) => ({ [text]: 'value' }),
    }));
    return [...names, ...below('/key', valueType, (value) => ({ key: value }))];
  }
  if (type === 'union' && options) return options.flatMap((one, index) => below(`(${index})`, one, (value) => value));
  // A codec's own reader checks the whole text by an anchored pattern; its place is measured like every other.
  const isCodec = reverseTransform !== undefined;
  if (type === 'pipe' && source) return listTextPlaces(source).map((place) => ({ ...place, isTransformed: !isCodec }));
  if (innerType) return listTextPlaces(innerType);
  return [{ path: '', schema, isTransformed: false, put: (text) => text }];
}

/** Builds an input with the same text in every place at once, as far as places can coexist. */
export function fillTexts(schema: ZodType | $ZodType, text: string): unknown {
  const { type, shape, element, innerType, in: source, valueType, options } = definitionOf(schema);
  if (type === 'object' && shape) {
    return Object.fromEntries(Object.entries(shape).map(([name, inner]) => [name, fillTexts(inner, text)]));
  }
  if (type === 'array' && element) return [fillTexts(element, text)];
  if (type === 'record' && valueType) return { [text]: fillTexts(valueType, text) };
  if (type === 'union' && options) return fillTexts(options[0]!, text);
  if (type === 'pipe' && source) return fillTexts(source, text);
  if (innerType) return fillTexts(innerType, text);
  return text;
}

/**
 * Returns true when a place that processes its text checks the length first and stops for a longer one: its first check
 * is a maximum that aborts. For a date or a UUID an anchored pattern is enough.
 */
export function isBounded({ schema, isTransformed }: TextPlace): boolean {
  const { type, format, checks = [] } = definitionOf(schema) as Definition & { format?: string; checks?: $ZodType[] };
  if (type !== 'string' || (checks.length === 0 && !isTransformed)) return true;
  if (format !== undefined && ['date', 'datetime', 'uuid'].includes(format)) return true;
  const [first] = checks.map((check) => definitionOf(check) as unknown as { check: string; abort?: boolean });
  return first?.check === 'max_length' && first.abort === true;
}

const MARKS = (size: number) => '\u0315'.repeat(size / 2) + '\u0316'.repeat(size / 2);

/** Texts of a given length that are expensive to normalise, trim, match or fold. */
export const HOSTILE: Record<string, (size: number) => string> = {
  'combining marks in the wrong order': MARKS,
  'a name and combining marks': (size) => `Anna ${MARKS(size - 6)}`,
  'spaces around one letter': (size) => `${' '.repeat(size / 2)}a${' '.repeat(size / 2 - 1)}a`,
  'a ligature that becomes eighteen letters': (size) => '\uFDFA'.repeat(size),
  'capitals that become two letters': (size) => '\u0130'.repeat(size),
  digits: (size) => '1'.repeat(size),
  'dots and ats': (size) => 'a.@'.repeat(size / 3),
  dashes: (size) => '-'.repeat(size),
  'invisible characters': (size) => '\u200D'.repeat(size),
  'a phone number without end': (size) => `+1${'4155550100'.repeat(size / 10)}`,
};
