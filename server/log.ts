/** Writes one JSON line to stdout. Callers pass ids and numbers, never secrets, bodies or message texts. */
export function log(line: { msg: string; level?: 'info' | 'warn' | 'error' } & Record<string, unknown>): void {
  lines += `${JSON.stringify({ at: new Date().toISOString(), level: 'info', ...line })}\n`;
  flushing ??= setImmediate(flush);
}

// Collects the lines of one turn of the event loop into one write, which blocks if the output is a pipe.
let lines = '';
let flushing: NodeJS.Immediate | undefined;

function flush(): void {
  clearImmediate(flushing);
  flushing = undefined;
  const pending = lines;
  lines = '';
  if (pending !== '') process.stdout.write(pending);
}
process.on('exit', flush);

/**
 * Returns the loggable part of an unexpected error: its kind, code, place, and its message without values. Messages of the
 * query builder and the database quote parameters, so nothing of them is kept.
 */
export function describeFault(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const cause = error.cause instanceof Error ? error.cause : error;
  const facts = cause as Partial<Record<(typeof FACTS)[number], unknown>>;
  return {
    error: cause.name,
    ...Object.fromEntries(FACTS.flatMap((name) => (typeof facts[name] === 'string' ? [[name, facts[name]]] : []))),
    where: placesIn('where' in cause ? cause.where : undefined),
    words: quotesValues(error) ? undefined : hideValues(error.message),
    frames: framesOf(error.stack).slice(0, 12),
  };
}

/** Fields of a database error that name parts of the schema or of the server's source. */
const FACTS = ['code', 'constraint', 'table', 'column', 'routine'] as const;

/** Returns whether a message certainly contains values: of a statement, or of a text that could not be parsed. */
const quotesValues = (error: Error): boolean =>
  'query' in error || 'severity' in error || error instanceof SyntaxError || error.name === 'ZodError';

const framesOf = (stack = ''): string[] => stack.split('\n').filter((line) => /^ {4}at .+:\d+:\d+\)?$/.test(line));

// Keeps the lines of an error's context that name a function; the others may contain rows and parameters.
function placesIn(where: unknown): string | undefined {
  const lines = typeof where === 'string' ? where.split('\n') : [];
  const places = lines.flatMap((line) => /^PL\/pgSQL function [\w.]+\([\w ,[\]]*\) line \d+/.exec(line)?.[0] ?? []);
  return places.length > 0 ? places.join('; ') : undefined;
}

const HIDDEN = '[hidden]';
const MAX_WORDS = 500;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Replaces possible values in a message: quoted texts, email addresses, numbers of six digits or more (codes, phones), and
 * words of letters and digits (tokens, generated passwords). Row ids stay.
 */
export function hideValues(text: string): string {
  const [before = ''] = text.slice(0, MAX_WORDS).split(/Failed query|\bparams:/, 1);
  return before
    .replace(/(?<!\w)(["'`]).*?(\1|$)/gs, HIDDEN)
    .replace(/[^\s<>]+@[^\s<>]+/g, HIDDEN)
    .replace(/[\w~+/=.%-]{6,}|\+?\d{6,}/g, (found) => (isValue(found) ? HIDDEN : found));
}

const isValue = (word: string): boolean =>
  !UUID.test(word) && (word.length >= 20 || /\d{6}/.test(word) || (/\d/.test(word) && /[A-Za-z]/.test(word)));

/**
 * Redirects the console output of libraries to `log`: errors through `describeFault`, texts without values. For processes
 * that serve; the operator's commands print their results to the console.
 */
export function redirectConsole(): void {
  for (const level of ['error', 'warn', 'info'] as const) {
    const print = (...parts: unknown[]) => log({ msg: 'console', level, ...describePrinted(parts) });
    Object.assign(console, level === 'error' ? { error: print, trace: print } : { [level]: print });
    if (level === 'info') Object.assign(console, { log: print, debug: print });
  }
}

function describePrinted(parts: unknown[]): Record<string, unknown> {
  const fault = parts.find((part) => part instanceof Error);
  const texts = parts.filter((part) => typeof part === 'string').join(' ');
  if (fault) return describeFault(fault);
  return { words: hideValues(texts.split('\n', 1)[0] ?? ''), frames: framesOf(texts).slice(0, 12) };
}

/** Ends the process on an uncaught error, as Node does, but logs none of its values. */
export function endOnFault(): void {
  process.on('uncaughtException', (error) => {
    log({ msg: 'uncaught error', level: 'error', ...describeFault(error) });
    process.exit(1);
  });
}
