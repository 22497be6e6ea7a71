/** The fields that are read of a `pg` error, which the query builder may have wrapped. */
type Fault = { code?: unknown; message?: unknown; cause?: unknown };

function* chain(error: unknown): Generator<Fault> {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    yield at;
    at = (at as Fault).cause;
  }
}

/** Returns the SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) or Node error codes, outermost first. */
function codesOf(error: unknown): string[] {
  return [...chain(error)].map((fault) => (typeof fault.code === 'string' ? fault.code : '')).filter(Boolean);
}

/** Returns whether a UNIQUE constraint refused a row. */
export const isUniqueViolation = (error: unknown): boolean => codesOf(error).includes('23505');

/** Returns whether a statement was cancelled, for example by its time limit. */
export const isCancelled = (error: unknown): boolean => codesOf(error).includes('57014');

/** Codes for: connection lost, database starting or stopping, out of connections or disk, lock timeout. */
const AWAY =
  /^(08...|57P0.|53...|55P03|57014|40P01|40001|25P03|58...|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NOTFOUND|AI_AGAIN))$/;
const AWAY_MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Cannot use a pool after calling end/;

/** Returns whether the database is unavailable or overloaded, so that the same request may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (codesOf(error).some((code) => AWAY.test(code))) return true;
  return [...chain(error)].some((fault) => typeof fault.message === 'string' && AWAY_MESSAGES.test(fault.message));
}
