import { z } from 'zod';
import { idPattern, parseId, printId, type IdPrefix } from './ids';
import { parseAmount, PRINTED_AMOUNT, printAmount, type Micros } from './money';

/**
 * The one place where ids, instants and money change between what is inside (uuid, Date, bigint micros) and what is
 * printed (`mem_…`, RFC 3339, "12.50"). Decode reads what a client sent, encode prints.
 */
export const moneyCodec = z
  .codec(z.string(), z.bigint(), {
    decode: (text, ctx) => {
      const micros = parseAmount(text);
      if (micros === null) {
        ctx.issues.push({ code: 'custom', message: 'Not an amount.', input: text });
        return z.NEVER;
      }
      return micros;
    },
    encode: printAmount,
  })
  .meta({ description: "An amount in the team's currency, 2 to 6 decimals.", pattern: PRINTED_AMOUNT });

export const instantCodec = z
  // A string and no more: what we print ourselves need not be checked again, a hundred times a page.
  .codec(z.string().meta({ format: 'date-time' }), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  })
  .meta({ description: 'RFC 3339, UTC.' });

/** An id with its prefix outside, a uuid inside. A malformed one is not found, as one never given. */
export const idCodec = (prefix: IdPrefix) =>
  z
    .codec(z.string(), z.string(), {
      decode: (text, ctx) => {
        const uuid = parseId(prefix, text);
        if (!uuid) {
          const message = `Not an id of the form ${prefix}_….`;
          ctx.issues.push({ code: 'custom', params: { code: 'not_found' }, message, input: text });
          return z.NEVER;
        }
        return uuid;
      },
      encode: (uuid) => printId(prefix, uuid),
    })
    .meta({ pattern: idPattern(prefix) });

/** A page of a list, newest first. */
export type Page<T> = { data: T[]; nextCursor: string | null };

/** The answer where there is nothing to tell. */
export const doneSchema = z.object({ done: z.literal(true) });

const isPositive = (micros: Micros): boolean => micros > 0n;

/** How an amount is written in a request, for the API's document. */
const amountForms = (minimum: 0 | 1) => [
  { type: 'string' as const, pattern: '^(0|[1-9][0-9]{0,9})(\\.[0-9]{1,6})?$' },
  { type: 'integer' as const, minimum, maximum: 1_000_000_000 },
];

/**
 * An amount of a request that is to move: above zero. Parses to Micros.
 * A bad value of a right type is a custom issue with `params.code` `invalid_amount`; another type is `invalid_type`.
 */
export const amount = amountSchema('must be above zero.', isPositive).meta({
  anyOf: amountForms(1),
  description: 'Above zero.',
  examples: ['25.00'],
});

/** As `amount`, where zero has a meaning: a reserve, a threshold, an alert, a price. */
export const amountOrZero = amountSchema('must not be negative.', (micros) => micros >= 0n).meta({
  anyOf: amountForms(0),
  description: 'Zero or more.',
  examples: ['5.00'],
});

/** As `amount`, or "all" there is. */
export const amountOrAll = z
  .unknown()
  .transform((input, ctx): Micros | 'all' =>
    input === 'all' ? input : readAmount(input, ctx, 'must be above zero.', isPositive),
  )
  .meta({ anyOf: [{ const: 'all' }, ...amountForms(1)], examples: ['25.00', 'all'] });

function amountSchema(tooSmall: string, isEnough: (micros: Micros) => boolean) {
  return z.unknown().transform((input, ctx) => readAmount(input, ctx, tooSmall, isEnough));
}

function readAmount(
  input: unknown,
  ctx: z.RefinementCtx,
  tooSmall: string,
  isEnough: (micros: Micros) => boolean,
): Micros {
  if (typeof input !== 'string' && typeof input !== 'number') {
    ctx.addIssue({ code: 'invalid_type', expected: 'string', input });
    return z.NEVER;
  }
  const micros = parseAmount(input);
  if (micros !== null && isEnough(micros)) return micros;
  const message = micros !== null ? tooSmall : typeof input === 'number' ? NOT_A_STRING : NOT_AN_AMOUNT;
  ctx.addIssue({ code: 'custom', params: { code: 'invalid_amount' }, message });
  return z.NEVER;
}

const NOT_A_STRING = 'must be a string such as "25.50": a number that is not a whole one is rounded on its way.';

const NOT_AN_AMOUNT = 'must be a decimal like "25.00": digits, at most six decimals, no sign, at most 1000000000.00.';

export type Done = { done: true };
