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

/**
 * Returns what may be logged of an unexpected error: its kind, code and place, and its message without values. What a query
 * builder or the database says of a statement quotes its parameters, so nothing of those messages is kept.
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

/** Names of the schema and of the server's source, which an error of the database holds beside its message. */
const FACTS = ['code', 'constraint', 'table', 'column', 'routine'] as const;

/** Returns whether a message holds values for certain: of a statement, or of a text that could not be read. */
const quotesValues = (error: Error): boolean =>
  'query' in error || 'severity' in error || error instanceof SyntaxError || error.name === 'ZodError';

const framesOf = (stack = ''): string[] => stack.split('\n').filter((line) => /^ {4}at .+:\d+:\d+\)?$/.test(line));

// Keeps the lines of an error's context that name a function; others may hold rows and parameters.
function placesIn(where: unknown): string | undefined {
  const lines = typeof where === 'string' ? where.split('\n') : [];
  const places = lines.flatMap((line) => /^PL\/pgSQL function [\w.]+\([\w ,[\]]*\) line \d+/.exec(line)?.[0] ?? []);
  return places.length > 0 ? places.join('; ') : undefined;
}

const HIDDEN = '[hidden]';
const MAX_WORDS = 500;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Hides in a message what may be a value: what stands in quotes, addresses, numbers of six digits or more (codes, phones), and
 * words of letters and digits (tokens, generated passwords). Ids of rows stay.
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
 * Sends what libraries print on the console through `log`: of errors what `describeFault` keeps, of texts what is no value.
 * For a process that serves; a command of the operator's prints its answers there.
 */
export function takeConsole(): void {
  for (const level of ['error', 'warn', 'info'] as const) {
    const say = (...parts: unknown[]) => log({ msg: 'console', level, ...describePrinted(parts) });
    Object.assign(console, level === 'error' ? { error: say, trace: say } : { [level]: say });
    if (level === 'info') Object.assign(console, { log: say, debug: say });
  }
}

function describePrinted(parts: unknown[]): Record<string, unknown> {
  const fault = parts.find((part) => part instanceof Error);
  const texts = parts.filter((part) => typeof part === 'string').join(' ');
  if (fault) return describeFault(fault);
  return { words: hideValues(texts.split('\n', 1)[0] ?? ''), frames: framesOf(texts).slice(0, 12) };
}

/** Ends the process when nobody has caught an error, as Node does, but prints none of its values. */
export function endOnFault(): void {
  process.on('uncaughtException', (error) => {
    log({ msg: 'nobody caught an error', level: 'error', ...describeFault(error) });
    process.exit(1);
  });
}
