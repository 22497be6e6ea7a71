/** What of a team changed, as the server tells it: ids alone. `members` null: any of its members. */
export type Change = { team: string; nouns: Noun[]; members: string[] | null };
export type Noun = 'messages' | 'members' | 'transfers' | 'team' | 'rates' | 'invitations';

/** What is heard: a change, or that anything may have changed. */
export type Heard = Change | 'reset';

/** `connecting` while nothing can be heard; `off` where a hidden tab has let go. */
export type LiveState = 'live' | 'connecting' | 'off';

/** A page's ear. `since`: the last word that its first paint has seen. */
type Subscription = { hear: (heard: Heard) => void; say: (state: LiveState) => void; since: string | null };

/** A tab that is hidden for so long lets go of the stream. */
const HIDDEN_MS = 30_000;

/** The stream is opened once the page has loaded, not beside all that it loads. */
const SETTLE_MS = 1_000;

/** Who is refused a stream (too many, or the server is away behind a proxy) tries again after so long, then twice that. */
const REFUSED_MS = 2_000;
const LONGEST_REFUSED_MS = 60_000;

/** Of the lock, of the channel, and of what this browser heard last. */
const NAME = 'purser-live';
const PATH = '/account/live';

type Relayed = { heard: Heard } | { state: LiveState } | 'hello';

/**
 * Hears what changes, from one stream for all tabs of a browser: who holds a lock has it, and tells the others. Browsers have
 * locks on https and localhost alone; elsewhere each tab has a stream. Answers how to stop.
 */
export function hearChanges({ hear, say, since }: Subscription): () => void {
  const channel = new BroadcastChannel(NAME);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no other origin
  const relay = (word: Relayed) => channel.postMessage(word);
  let stream: { close: () => void } | null = null;
  let place: { release: () => void } | null = null;
  let state: LiveState = 'connecting';
  let timer: number | undefined;
  const tell = (next: LiveState) => say((state = next));
  const lead = () => {
    const onHeard = (heard: Heard) => (hear(heard), relay({ heard }));
    const onState = (next: LiveState) => (tell(next), relay({ state: next }));
    const opened = (stream = openStream(since, { onHeard, onState }));
    return () => {
      opened.close();
      stream = null;
      tell('off');
    };
  };
  channel.addEventListener('message', ({ data }: MessageEvent<Relayed>) => {
    if (data === 'hello') {
      if (stream) relay({ state });
    } else if ('heard' in data) hear(data.heard);
    else tell(data.state);
  });
  const letGo = () => {
    place?.release();
    place = null;
  };
  const onVisibility = () => {
    clearTimeout(timer);
    if (document.visibilityState === 'hidden') timer = window.setTimeout(letGo, HIDDEN_MS);
    else if (!place) {
      if (state === 'off') tell('connecting');
      place = takePlace(lead);
      relay('hello');
    }
  };
  const begin = () => {
    // What another tab was told while this page was on its way here, this one was not.
    if ((lastHeard()?.at ?? 0) >= performance.timeOrigin) hear('reset');
    document.addEventListener('visibilitychange', onVisibility);
    onVisibility();
  };
  const whenLoaded = () => (timer = window.setTimeout(begin, SETTLE_MS));
  if (document.readyState === 'complete') whenLoaded();
  else window.addEventListener('load', whenLoaded);
  return () => {
    window.removeEventListener('load', whenLoaded);
    document.removeEventListener('visibilitychange', onVisibility);
    clearTimeout(timer);
    letGo();
    channel.close();
  };
}

/** Waits to be the one that leads; leads until it is released. */
function takePlace(lead: () => () => void): { release: () => void } {
  // Plain http by another name than localhost has none.
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return { release: lead() };
  const waiting = new AbortController();
  let release = () => waiting.abort();
  const held = () =>
    new Promise<void>((resolve) => {
      const end = lead();
      release = () => (end(), resolve());
    });
  // Let go before it was its turn.
  locks.request(NAME, { signal: waiting.signal }, held).catch(() => {});
  return { release: () => release() };
}

type OnStream = { onHeard: (heard: Heard) => void; onState: (state: LiveState) => void };

/** The stream itself. A lost one the browser opens anew; one that is refused is asked for again. */
function openStream(since: string | null, { onHeard, onState }: OnStream): { close: () => void } {
  let source: EventSource;
  let timer: number | undefined;
  let pause = REFUSED_MS;
  const hear = (event: MessageEvent<string>, heard: Heard) => {
    remember(event.lastEventId);
    onHeard(heard);
  };
  const open = () => {
    const last = lastHeard();
    // What another tab has heard since this page was made is the newer word.
    const id = last && last.at >= performance.timeOrigin ? last.id : since;
    source = new EventSource(id === null ? PATH : `${PATH}?lastEventId=${id}`);
    source.addEventListener('open', () => {
      pause = REFUSED_MS;
      onState('live');
    });
    source.addEventListener('change', (event) => hear(event, JSON.parse(event.data) as Change));
    source.addEventListener('reset', (event) => hear(event, 'reset'));
    source.addEventListener('error', () => {
      onState('connecting');
      if (source.readyState !== EventSource.CLOSED) return;
      // Who was signed out is told so by the next answer, and the page is left.
      if (pause === REFUSED_MS) onHeard('reset');
      timer = window.setTimeout(open, pause);
      pause = Math.min(2 * pause, LONGEST_REFUSED_MS);
    });
  };
  onState('connecting');
  open();
  return {
    close: () => {
      clearTimeout(timer);
      source.close();
    },
  };
}

/** For other tabs, where the browser keeps anything: one that is full or forbidden hears all the same. */
function remember(id: string): void {
  try {
    localStorage.setItem(NAME, JSON.stringify({ id, at: Date.now() }));
  } catch {}
}

/** What was heard last in this browser, by whichever tab. */
function lastHeard(): { id: string; at: number } | null {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? 'null') as { id: string; at: number } | null;
  } catch {
    return null;
  }
}
