/** A change of a team as the server reports it, with IDs only. `members` is null when any member may be affected. */
export type Change = { team: string; nouns: Noun[]; members: string[] | null };
export type Noun = 'messages' | 'members' | 'transfers' | 'team' | 'rates' | 'invitations';

/** An event of the live stream: a change, or `reset` when anything may have changed. */
export type LiveEvent = Change | 'reset';

/** `connecting` while no events arrive; `off` after a hidden tab has closed its stream. */
export type LiveState = 'live' | 'connecting' | 'off';

/** The callbacks of a page. `since` is the id of the last event that its first paint includes. */
type Subscription = {
  onEvent: (event: LiveEvent) => void;
  onState: (state: LiveState) => void;
  since: string | null;
};

/** A tab that is hidden for this long closes its stream. */
const HIDDEN_MS = 30_000;

/** The stream opens after the page has loaded, so that it does not compete with other requests. */
const SETTLE_MS = 1_000;

/** The first pause after a refused stream (too many streams, or no server behind a proxy); it doubles each time. */
const REFUSED_MS = 2_000;
const LONGEST_REFUSED_MS = 60_000;

/** The name of the lock, the broadcast channel and the stored last event. */
const NAME = 'purser-live';
const PATH = '/account/live';

type Relayed = { event: LiveEvent } | { state: LiveState } | 'hello';

/**
 * Subscribes to changes through one stream for all tabs of a browser: the tab that holds a Web Lock opens the stream
 * and broadcasts its events. Browsers offer locks only on https and localhost; elsewhere each tab opens its own stream.
 * @returns a function that ends the subscription
 */
export function subscribeToChanges({ onEvent, onState, since }: Subscription): () => void {
  const channel = new BroadcastChannel(NAME);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a broadcast channel has only one origin
  const relay = (message: Relayed) => channel.postMessage(message);
  let stream: { close: () => void } | null = null;
  let place: { release: () => void } | null = null;
  let state: LiveState = 'connecting';
  let timer: number | undefined;
  const setState = (next: LiveState) => onState((state = next));
  const lead = () => {
    const opened = (stream = openStream(since, {
      onEvent: (event) => (onEvent(event), relay({ event })),
      onState: (next) => (setState(next), relay({ state: next })),
    }));
    return () => {
      opened.close();
      stream = null;
      setState('off');
    };
  };
  channel.addEventListener('message', ({ data }: MessageEvent<Relayed>) => {
    if (data === 'hello') {
      if (stream) relay({ state });
    } else if ('event' in data) onEvent(data.event);
    else setState(data.state);
  });
  const release = () => {
    place?.release();
    place = null;
  };
  const onVisibility = () => {
    clearTimeout(timer);
    if (document.visibilityState === 'hidden') timer = window.setTimeout(release, HIDDEN_MS);
    else if (!place) {
      if (state === 'off') setState('connecting');
      place = takePlace(lead);
      relay('hello');
    }
  };
  const begin = () => {
    // This page missed the events that other tabs received while it was loading.
    if ((lastEvent()?.at ?? 0) >= performance.timeOrigin) onEvent('reset');
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
    release();
    channel.close();
  };
}

/** Waits for the lock, then leads until it is released. */
function takePlace(lead: () => () => void): { release: () => void } {
  // Browsers have no locks on plain http, except on localhost.
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return { release: lead() };
  const waiting = new AbortController();
  let release = () => waiting.abort();
  const held = () =>
    new Promise<void>((resolve) => {
      const end = lead();
      release = () => (end(), resolve());
    });
  // Aborted while waiting for the lock.
  locks.request(NAME, { signal: waiting.signal }, held).catch(() => {});
  return { release: () => release() };
}

type OnStream = Pick<Subscription, 'onEvent' | 'onState'>;

/** Opens the event stream. The browser reconnects a lost stream; a refused one is opened again after a pause. */
function openStream(since: string | null, { onEvent, onState }: OnStream): { close: () => void } {
  let source: EventSource;
  let timer: number | undefined;
  let pause = REFUSED_MS;
  const receive = (message: MessageEvent<string>, event: LiveEvent) => {
    remember(message.lastEventId);
    onEvent(event);
  };
  const open = () => {
    const last = lastEvent();
    // An event that another tab received after this page was rendered is more recent.
    const id = last && last.at >= performance.timeOrigin ? last.id : since;
    source = new EventSource(id === null ? PATH : `${PATH}?lastEventId=${id}`);
    source.addEventListener('open', () => {
      pause = REFUSED_MS;
      onState('live');
    });
    source.addEventListener('change', (message) => receive(message, JSON.parse(message.data) as Change));
    source.addEventListener('reset', (message) => receive(message, 'reset'));
    source.addEventListener('error', () => {
      onState('connecting');
      if (source.readyState !== EventSource.CLOSED) return;
      // If the user was signed out, the next response says so and the page is left.
      if (pause === REFUSED_MS) onEvent('reset');
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

/** Stores the last event for other tabs. Live updates work without it when storage is full or forbidden. */
function remember(id: string): void {
  try {
    localStorage.setItem(NAME, JSON.stringify({ id, at: Date.now() }));
  } catch {}
}

/** Returns the last event that any tab of this browser received, or null. */
function lastEvent(): { id: string; at: number } | null {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? 'null') as { id: string; at: number } | null;
  } catch {
    return null;
  }
}
