import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { cookies, headers } from 'next/headers';
import type { SearchParams } from 'nuqs/server';
import { RatesPage } from '@/components/rates/RatesPage';
import { loadRateView, rateFilter, rateQuestion } from '@/components/rates/search-params';
import { localeFrom, ZONE_COOKIE } from '@/components/ui/locale';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Rates' };

type Route = { params: Promise<{ team: string }>; searchParams: Promise<SearchParams> };

export default async function RatesRoute({ params, searchParams }: Route) {
  const [{ team }, { q }, fields, jar] = await Promise.all([params, loadRateView(searchParams), headers(), cookies()]);
  const { locale } = localeFrom(fields.get('accept-language'), jar.get(ZONE_COOKIE)?.value);
  const { trpc, client, state } = await serverQueries(team);
  const filter = rateFilter(q, locale);
  if (filter !== null) {
    await client.prefetchInfiniteQuery(
      trpc.rates.listRates.infiniteQueryOptions(rateQuestion(filter), { getNextPageParam: (page) => page.nextCursor }),
    );
  }
  return (
    <HydrationBoundary state={state()}>
      <RatesPage />
    </HydrationBoundary>
  );
}
