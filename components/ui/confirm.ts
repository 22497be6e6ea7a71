/** The pending reauthentication and its result; null while there is none. */
let waiting: { answer: Promise<boolean>; give: (isConfirmed: boolean) => void } | null = null;
const listeners = new Set<() => void>();

const notify = (): void => {
  for (const listener of listeners) listener();
};

/**
 * Asks the user to confirm their identity. Concurrent calls share one dialog.
 * @returns true if the user confirmed
 */
export function askForReauthentication(): Promise<boolean> {
  if (waiting === null) {
    let give = (_isConfirmed: boolean): void => {};
    const confirmation = new Promise<boolean>((resolve) => (give = resolve));
    waiting = { answer: confirmation, give };
    notify();
    return confirmation;
  }
  return waiting.answer;
}

/** Resolves the pending reauthentication. */
export function answer(isConfirmed: boolean): void {
  waiting?.give(isConfirmed);
  waiting = null;
  notify();
}

export const isReauthenticating = (): boolean => waiting !== null;

export function onReauthenticating(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
