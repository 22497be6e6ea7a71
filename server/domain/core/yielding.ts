/** A computation that yields after each stretch of some milliseconds. */
export type Stretches<T> = Generator<undefined, T>;

/** Rows per stretch. */
export const ROWS_PER_STRETCH = 2_000;

/** Runs a computation and lets the event loop serve other requests after each stretch. */
export async function runInTurns<T>(work: Stretches<T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Runs a computation without yielding, for the command line and for cards of some hundred rows. */
export function runAtOnce<T>(work: Stretches<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
