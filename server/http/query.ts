import type { ZodType } from 'zod';
import { DomainError, failField } from '@/server/domain/core/errors';
import { isStorable, parseBy } from '@/server/domain/core/validation';

/**
 * The parameters of a request's query, by a schema.
 * @throws DomainError `invalid_request`
 */
export async function parseQuery<T>(schema: ZodType<T>, request: Request): Promise<T> {
  return parseBy(schema, readQuery(request), 'query').catch((error: unknown) => {
    if (!(error instanceof DomainError)) throw error;
    throw withHint(error, new URL(request.url).search);
  });
}

/** Says of a refused value that its plus was read as a space: how times with a zone and numbers go wrong most often. */
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

const PLUS_HINT = 'A + in a URL is read as a space: write it as %2B.';

/**
 * The parameters of a request's query; one that is repeated is a list.
 * @throws DomainError `invalid_request`
 */
function readQuery(request: Request): Record<string, string | string[]> {
  const { searchParams } = new URL(request.url);
  // Not by assignment: `__proto__` would be lost instead of refused.
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => {
      const values = searchParams.getAll(name);
      if (![name, ...values].every(isStorable)) failParameter(name, 'Must not contain NUL or an unpaired surrogate.');
      return [name, values.length === 1 ? values[0]! : values];
    }),
  );
}

/** Refuses a parameter, or a field of the head. */
export const failParameter = (pointer: string, detail: string): never =>
  failField(pointer, detail, `${pointer}: ${detail}`);
