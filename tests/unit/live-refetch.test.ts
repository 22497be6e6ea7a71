import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeRefetcher } from '@/components/live/refetch';
import type { Change } from '@/components/live/event-stream';

/** The parts of a browser that refetching needs: its clock, and the visibility of the tab. */
beforeEach(() => {
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener: () => {}, removeEventListener: () => {} });
  vi.stubGlobal('window', globalThis);
});
afterEach(() => vi.unstubAllGlobals());

/** The queries of a page, by name: path, input, and liveness. */
const SHOWN = {
  shell: { path: ['team', 'getShell'] },
  log: { path: ['messages', 'browseMessages'] },
  ofAnn: { path: ['members', 'getMemberRow'], input: { memberId: 'mem_ann' } },
  ofBoth: { path: ['messages', 'browseFacets'], input: { memberId: ['mem_ann', 'mem_ben'] } },
  statistics: { path: ['reports', 'browseUsage'] },
  rates: { path: ['rates', 'listRates'] },
  memberships: { path: ['account', 'listMemberships'] },
  counted: { path: ['messages', 'previewExport'], live: false },
} satisfies Record<string, { path: string[]; input?: object; live?: boolean }>;

const change = (nouns: Change['nouns'], members: string[] | null): Change => ({ team: 'acme', nouns, members });

/** Returns the queries that are refetched after an event. */
async function askedAfter(received: Change | 'reset'): Promise<string[]> {
  const client = new QueryClient();
  const asked: string[] = [];
  const stops = Object.entries(SHOWN).map(
    ([name, one]: [string, { path: string[]; input?: object; live?: boolean }]) => {
      const observer = new QueryObserver(client, {
        queryKey: [one.path, { ...(one.input && { input: one.input }), type: 'query' }],
        queryFn: () => (asked.push(name), name),
        ...(one.live === false && { meta: { live: false } }),
      });
      return observer.subscribe(() => {});
    },
  );
  await vi.waitFor(() => expect(asked).toHaveLength(stops.length));
  asked.length = 0;
  const refetcher = makeRefetcher(client, () => {});
  refetcher.receive(received);
  await vi.waitFor(() => expect(asked).not.toEqual([]));
  await new Promise((resolve) => setTimeout(resolve, 20));
  refetcher.stop();
  for (const stop of stops) stop();
  client.clear();
  return asked.toSorted();
}

describe('queries refetched after an event', () => {
  it.each([
    ['a message of Ann', change(['messages'], ['mem_ann']), ['log', 'ofAnn', 'ofBoth', 'shell', 'statistics']],
    ['a message of Ben', change(['messages'], ['mem_ben']), ['log', 'ofBoth', 'shell', 'statistics']],
    ['money of another', change(['members', 'transfers'], ['mem_cy']), ['log', 'memberships', 'shell']],
    ['the prices', change(['rates'], []), ['log', 'rates', 'shell']],
    ['anything', 'reset' as const, ['log', 'memberships', 'ofAnn', 'ofBoth', 'rates', 'shell', 'statistics']],
  ])('%s', async (_what, heard, names) => {
    expect(await askedAfter(heard)).toEqual(names);
  });
});
