/** What is looked at in an error of `pg`, wherever a query builder has wrapped it. */
type Fault = { code?: unknown; message?: unknown; cause?: unknown };

function* chain(error: unknown): Generator<Fault> {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    yield at;
    at = (at as Fault).cause;
  }
}

/** The SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) or Node error code, innermost first. */
function codesOf(error: unknown): string[] {
  return [...chain(error)].map((fault) => (typeof fault.code === 'string' ? fault.code : '')).filter(Boolean);
}

export const isUniqueViolation = (error: unknown): boolean => codesOf(error).includes('23505');

/** Whether a statement took longer than it was given. */
export const isCancelled = (error: unknown): boolean => codesOf(error).includes('57014');

/** Connection lost, database starting or stopping, out of connections or disk, waited too long for a lock: ask again later. */
const AWAY =
  /^(08...|57P0.|53...|55P03|57014|40P01|40001|25P03|58...|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NOTFOUND|AI_AGAIN))$/;
const AWAY_WORDS =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Cannot use a pool after calling end/;

/** Whether the database is away or overloaded, so that the same request may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (codesOf(error).some((code) => AWAY.test(code))) return true;
  return [...chain(error)].some((fault) => typeof fault.message === 'string' && AWAY_WORDS.test(fault.message));
}
