/** One JSON line on stdout. Callers pass ids and figures, never secrets, bodies or message texts. */
export function log(line: { msg: string; level?: 'info' | 'warn' | 'error' } & Record<string, unknown>): void {
  lines += `${JSON.stringify({ at: new Date().toISOString(), level: 'info', ...line })}\n`;
  flushing ??= setImmediate(flush);
}

// Lines of one turn of the event loop go out in one write, which blocks where the output is a pipe.
let lines = '';
let flushing: NodeJS.Immediate | undefined;

function flush(): void {
  clearImmediate(flushing);
  flushing = undefined;
  const said = lines;
  lines = '';
  if (said !== '') process.stdout.write(said);
}
process.on('exit', flush);

/** What may be logged of an unexpected error: its kind, code and place. Not its message, which may quote values. */
export function describeFault(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause ? cause.code : undefined;
  const where = 'where' in cause ? cause.where : undefined;
  // Our own errors and the language's carry no values of requests; a query builder's carry all of them.
  const words = 'query' in error ? undefined : error.message;
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((frame) => frame.startsWith('    at '))
    .slice(0, 12);
  return { error: cause.name, code, where, words, frames };
}
