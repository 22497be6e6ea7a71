import { z, type ZodType } from 'zod';
import { ROWS_PER_STRETCH, runAtOnce, runInTurns, type Stretches } from './yielding';

/** Errors of a list after which validation stops; more are never listed. */
const ERRORS_MAX = 100;
const MORE_ERRORS = `There are more than ${ERRORS_MAX} errors; \`errors\` lists the first ${ERRORS_MAX}.`;

type Payload = z.core.ParsePayload;
type Definition = z.core.$ZodArrayDef & { nameOf: (item: never) => string; repeated: string; max: number };

const LongList = z.core.$constructor('LongList', (inst: z.ZodArray, definition: Definition) => {
  z.ZodArray.init(inst, definition);
  // oxlint-disable-next-line eslint/no-underscore-dangle -- zod's own name for the internals of a type
  inst._zod.parse = (payload, ctx) => {
    const { value } = payload;
    if (!Array.isArray(value)) {
      payload.issues.push({ code: 'invalid_type', expected: 'array', input: value, inst });
      return payload;
    }
    // The length check that follows refuses the list.
    if (value.length > definition.max) return payload;
    const work = parseItems(definition, payload, value);
    return ctx.async ? runInTurns(work) : runAtOnce(work);
  };
});

function* parseItems(definition: Definition, payload: Payload, items: unknown[]): Stretches<Payload> {
  const { element, nameOf, repeated } = definition;
  const parsed: unknown[] = [];
  const seen = new Set<string>();
  for (const [i, item] of items.entries()) {
    if (i % ROWS_PER_STRETCH === 0) yield;
    // oxlint-disable-next-line eslint/no-underscore-dangle -- as above
    const result = element._zod.run({ value: item, issues: [] }, { async: false }) as Payload;
    parsed.push(result.value);
    if (result.issues.length === 0) {
      const name = nameOf(result.value as never);
      if (seen.has(name)) result.issues.push({ code: 'custom', message: repeated, input: item, path: [] });
      seen.add(name);
    }
    payload.issues.push(...z.core.util.prefixIssues(i, result.issues));
    if (payload.issues.length > ERRORS_MAX) break;
  }
  payload.value = parsed;
  if (payload.issues.length <= ERRORS_MAX) return payload;
  payload.issues.length = ERRORS_MAX;
  const [first] = payload.issues;
  const { message } = z.core.util.finalizeIssue(first!, undefined, z.core.config());
  Object.assign(first!, { message: `${message} ${MORE_ERRORS}` });
  return payload;
}

/**
 * Validates a list of up to 100,000 items like `z.array`, but yields to other requests and stops after the first 100
 * errors. zod parses the whole list in one go and overflows the stack on very many errors.
 * @param spec.nameOf identifies an item: no two may have the same name; `repeated` is the error of the second
 */
export const longList = <T extends ZodType>(
  element: T,
  spec: { max: number; nameOf: (item: z.output<T>) => string; repeated: string },
): z.ZodArray<T> => new LongList({ type: 'array', element, ...spec }) as unknown as z.ZodArray<T>;
