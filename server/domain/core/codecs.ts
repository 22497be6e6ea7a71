import { z } from 'zod';
import { idPattern, parseId, printId, type IdPrefix } from './ids';
import { parseAmount, PRINTED_AMOUNT, printAmount, type Micros } from './money';

/**
 * Codecs between internal values (uuid, Date, bigint micros) and the printed ones (`mem_…`, RFC 3339, "12.50"). Decode
 * reads client input, encode prints. Ids, times and amounts are converted here and nowhere else.
 */
export const moneyCodec = z
  .codec(z.string(), z.bigint(), {
    decode: (text, ctx) => {
      const micros = parseAmount(text);
      if (micros === null) {
        ctx.issues.push({ code: 'custom', message: 'must be an amount.', input: text });
        return z.NEVER;
      }
      return micros;
    },
    encode: printAmount,
  })
  .meta({ description: "An amount in the team's currency, 2 to 6 decimals.", pattern: PRINTED_AMOUNT });

export const instantCodec = z
  // Only a string: the format of printed times is not validated again for every row of a page.
  .codec(z.string().meta({ format: 'date-time' }), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  })
  .meta({ description: 'RFC 3339, UTC.' });

/** Codec between a prefixed id and its uuid. A malformed id gives `not_found`, like an id that was never issued. */
export const idCodec = (prefix: IdPrefix) =>
  z
    .codec(z.string(), z.string(), {
      decode: (text, ctx) => {
        const uuid = parseId(prefix, text);
        if (!uuid) {
          const message = `must be an id of the form ${prefix}_….`;
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

/** The response of a command that has nothing else to return. */
export const doneSchema = z.object({ done: z.literal(true) });

const isPositive = (micros: Micros): boolean => micros > 0n;

/** Returns the JSON Schema forms of an amount in a request, for the OpenAPI document. */
const amountForms = (minimum: 0 | 1) => [
  { type: 'string' as const, pattern: '^(0|[1-9][0-9]{0,9})(\\.[0-9]{1,6})?$' },
  { type: 'integer' as const, minimum, maximum: 1_000_000_000 },
];

/**
 * An amount that moves money: above zero. Parses to Micros.
 * A bad value of the right type is a custom issue with `params.code` `invalid_amount`; another type is `invalid_type`.
 */
export const amount = amountSchema('must be above zero.', isPositive).meta({
  anyOf: amountForms(1),
  description: 'Above zero.',
  examples: ['25.00'],
});

/** Like `amount`, but zero is allowed: a reserve, a threshold, an alert, a price. */
export const amountOrZero = amountSchema('must not be negative.', (micros) => micros >= 0n).meta({
  anyOf: amountForms(0),
  description: 'Zero or more.',
  examples: ['5.00'],
});

/** Like `amount`, or "all" for the full balance. */
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

const NOT_A_STRING = 'must be a string such as "25.50". Only whole amounts can be JSON numbers.';

const NOT_AN_AMOUNT = 'must be a decimal such as "25.00": no sign, at most six decimals, at most 1000000000.00.';

export type Done = { done: true };
