/** Whether somebody is asked who he is, and what waits for the answer. */
let waiting: { answer: Promise<boolean>; give: (isConfirmed: boolean) => void } | null = null;
const listeners = new Set<() => void>();

const tell = (): void => {
  for (const listener of listeners) listener();
};

/** Asks whoever sits there to prove who he is; answers whether he did. Many who ask at once ask once. */
export function askForReauthentication(): Promise<boolean> {
  if (waiting === null) {
    let give = (_isConfirmed: boolean): void => {};
    const asked = new Promise<boolean>((resolve) => (give = resolve));
    waiting = { answer: asked, give };
    tell();
    return asked;
  }
  return waiting.answer;
}

/** Gives the answer to all who wait for it. */
export function answer(isConfirmed: boolean): void {
  waiting?.give(isConfirmed);
  waiting = null;
  tell();
}

export const isReauthenticating = (): boolean => waiting !== null;

export function onReauthenticating(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
