import { failField } from '@/server/domain/core/errors';

/**
 * Refuses a change sent by another site with this site's cookies. Browsers name the sending site in `Origin`;
 * `X-Forwarded-Host` was set by our server to the public name of this one.
 * @throws DomainError `invalid_request`
 */
export function mustComeFromHere(request: Request): void {
  const origin = request.headers.get('origin');
  const host = request.headers.get('x-forwarded-host') ?? request.headers.get('host');
  if (origin !== null && hostOf(origin) === host?.toLowerCase()) return;
  failField('Origin', 'The Origin header must name this site. Nothing was changed.');
}

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null);
