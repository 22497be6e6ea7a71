import { z } from 'zod';
import { idPattern, parseId, printId, type IdPrefix } from './ids';
import { parseAmount, PRINTED_AMOUNT, printAmount } from './money';

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
