import { failField } from '@/server/domain/core/errors';

/**
 * Refuses a change that another site has sent with this one's cookies. Browsers name the site from which they send in
 * `Origin`; the server has made `X-Forwarded-Host` what people call this one.
 * @throws DomainError `invalid_request`
 */
export function mustComeFromHere(request: Request): void {
  const origin = request.headers.get('origin');
  const host = request.headers.get('x-forwarded-host') ?? request.headers.get('host');
  if (origin !== null && hostOf(origin) === host?.toLowerCase()) return;
  failField('Origin', 'Nothing was changed. The `Origin` header must name this site.');
}

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null);
