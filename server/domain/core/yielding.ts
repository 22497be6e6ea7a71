/** A computation cut into stretches of some milliseconds: it yields after each of them. */
export type Stretches<T> = Generator<undefined, T>;

/** Rows that one stretch handles. */
export const ROWS_PER_STRETCH = 2_000;

/** Runs a computation and lets the event loop serve other requests after each stretch. */
export async function runInTurns<T>(work: Stretches<T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Runs a computation without a pause, where nothing else waits: in the command line, for a card of some hundred rows. */
export function runAtOnce<T>(work: Stretches<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
