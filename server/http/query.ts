import { fail } from '@/server/domain/errors';
import { isStorable } from '@/server/domain/input';

/**
 * The parameters of a request's query; one that is repeated is a list.
 * @throws DomainError `invalid_request`
 */
export function readQuery(request: Request): Record<string, string | string[]> {
  const { searchParams } = new URL(request.url);
  // Not by assignment: `__proto__` would be lost instead of refused.
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => {
      const values = searchParams.getAll(name);
      if (![name, ...values].every(isStorable)) failParameter(name, 'Holds a NUL or half a surrogate pair.');
      return [name, values.length === 1 ? values[0]! : values];
    }),
  );
}

/** Refuses a parameter, or a field of the head. */
export const failParameter = (pointer: string, detail: string): never =>
  fail('invalid_request', { detail: `${pointer}: ${detail}`, errors: [{ pointer, code: 'invalid_request', detail }] });
