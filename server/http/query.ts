import type { ZodType } from 'zod';
import { DomainError, failField } from '@/server/domain/core/errors';
import { isStorable, parseBy } from '@/server/domain/core/validation';

/**
 * Parses the query parameters of a request by a schema.
 * @throws DomainError `invalid_request`
 */
export async function parseQuery<T>(schema: ZodType<T>, request: Request): Promise<T> {
  return parseBy(schema, readQuery(request), 'query').catch((error: unknown) => {
    if (!(error instanceof DomainError)) throw error;
    throw withHint(error, new URL(request.url).search);
  });
}

/**
 * Adds a hint to the error of a value whose plus was read as a space, the most common mistake with time zones and phone
 * numbers.
 */
function withHint({ code, facts }: DomainError, search: string): DomainError {
  const spaced = new Set(
    search
      .slice(1)
      .split('&')
      .filter((pair) => pair.includes('+', pair.indexOf('=') + 1))
      .map((pair) => [...new URLSearchParams(pair).keys()][0]),
  );
  const errors = facts.errors?.map((one) =>
    spaced.has(one.pointer) ? { ...one, detail: `${one.detail} ${PLUS_HINT}` } : one,
  );
  const isFirst = spaced.has(facts.errors?.[0]?.pointer);
  return new DomainError(code, {
    ...facts,
    ...(errors && { errors }),
    ...(isFirst && { detail: `${facts.detail} ${PLUS_HINT}` }),
  });
}

const PLUS_HINT = 'A + in a URL is read as a space. Write it as %2B.';

/**
 * Returns the query parameters of a request; a repeated one is a list.
 * @throws DomainError `invalid_request`
 */
function readQuery(request: Request): Record<string, string | string[]> {
  const { searchParams } = new URL(request.url);
  // Built from entries, because assigning to `__proto__` would lose the parameter instead of refusing it.
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => {
      const values = searchParams.getAll(name);
      if (![name, ...values].every(isStorable)) failParameter(name, 'Must not contain NUL or an unpaired surrogate.');
      return [name, values.length === 1 ? values[0]! : values];
    }),
  );
}

/** Refuses a query parameter or a header. */
export const failParameter = (pointer: string, detail: string): never =>
  failField(pointer, detail, `${pointer}: ${detail}`);
