import { fail } from '@/server/domain/core/errors';

/**
 * Refuses a request whose `Accept` excludes the media type of its path (RFC 9110, 12.5.1): the most specific matching
 * range decides, and a weight of 0 excludes it.
 * @throws DomainError `not_acceptable`
 */
export function mustAccept(request: Request, type: 'application/json' | 'text/csv'): void {
  const ranges = (request.headers.get('accept') ?? '').split(',').flatMap(readRange);
  // A field without a valid range counts as absent.
  if (ranges.length === 0) return;
  const meant = [type, `${type.split('/', 1)[0]}/*`, '*/*'];
  const best = meant.map((name) => ranges.filter((range) => range.name === name)).find((found) => found.length > 0);
  if (best?.some(({ weight }) => weight > 0)) return;
  fail('not_acceptable', { detail: `This path returns ${type}, which \`Accept\` excludes. Nothing was changed.` });
}

type Range = { name: string; weight: number };

function readRange(text: string): Range[] {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  if (!/^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+$/.test(name)) return [];
  const weight = parameters.find((one) => one.startsWith('q='))?.slice(2);
  // An invalid weight is ignored.
  return [{ name, weight: weight !== undefined && /^[01](\.[0-9]{0,3})?$/.test(weight) ? Number(weight) : 1 }];
}
