/** An error whose message is enough for the user: it is printed without a stack trace. */
export class Stop extends Error {
  /**
   * @param {string} message one or two sentences: what is wrong, and what to do about it
   * @param {{ cause?: unknown }} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = 'Stop';
  }
}

/**
 * Returns the text to print for an error: the bare message of a `Stop`, otherwise the whole stack.
 * @param {unknown} error
 * @returns {string}
 */
export function explain(error) {
  if (error instanceof Stop) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * Returns the error code of the system or the database.
 * @param {unknown} error
 * @returns {string | undefined}
 */
export function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/**
 * Turns a file system error into a `Stop` with advice; returns any other error unchanged.
 * @param {unknown} error
 * @param {string} path the directory that was written to
 * @returns {unknown}
 */
export function fromFileSystem(error, path) {
  const code = codeOf(error);
  const elsewhere = 'set PURSER_DATA_DIR to another directory, or DATABASE_URL to a Postgres of your own';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Stop(`The disk is full: ${path} cannot be written. Free some space, or ${elsewhere}.`, { cause: error });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new Stop(`The data directory ${path} cannot be written by this user (${code}). To fix it: ${elsewhere}.`, {
      cause: error,
    });
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new Stop(`The data directory ${path} is not a directory: ${elsewhere}.`, { cause: error });
  }
  return error;
}
