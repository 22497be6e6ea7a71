import { describe, expect, it, vi } from 'vitest';
import type { Context, TxContext } from '@/server/domain/core/context';
import { rateCard } from '@/server/domain/billing/rates/read';

/** Makes a team whose card is loaded when the test allows it. */
function teamOf(teamId: string) {
  const asked: { resolve: (rows: unknown[]) => void; reject: (error: Error) => void }[] = [];
  const where = () => new Promise((resolve, reject) => asked.push({ resolve, reject }));
  const db = { select: () => ({ from: () => ({ where }) }) };
  const ctx = { actor: { teamId }, db, tx: null } as unknown as Context;
  return { asked, ctx, tx: { ...ctx, tx: {} } as unknown as TxContext };
}

const CARD = [{ country: 'US', prefix: '', price: 7n }];

describe('the rate card of a team', () => {
  it('is loaded once by concurrent sends, and once per version', async () => {
    const { asked, tx } = teamOf('team a');
    const sends = Array.from({ length: 8 }, () => rateCard(tx, 1));
    expect(asked).toHaveLength(1);
    asked[0]!.resolve(CARD);
    for (const find of await Promise.all(sends)) expect(find('+14155550100', 'US')).toBe(7n);
    await rateCard(tx, 1);
    expect(asked).toHaveLength(1);
    const next = rateCard(tx, 2);
    expect(asked).toHaveLength(2);
    asked[1]!.resolve([]);
    expect((await next)('+14155550100', 'US')).toBeNull();
  });

  it('is loaded again when the transaction that loaded it fails', async () => {
    const { asked, tx } = teamOf('team b');
    const [first, second] = [rateCard(tx, 1), rateCard(tx, 1)];
    asked[0]!.reject(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    asked[1]!.resolve(CARD);
    expect((await second)('+14155550100', 'US')).toBe(7n);
  });

  it('is never awaited by a caller without a connection: the waiting ones may hold all of them', async () => {
    const { asked, ctx, tx } = teamOf('team c');
    const estimate = rateCard(ctx, 1);
    const send = rateCard(tx, 1);
    expect(asked).toHaveLength(2);
    asked[1]!.resolve(CARD);
    expect((await send)('+14155550100', 'US')).toBe(7n);
    asked[0]!.resolve(CARD);
    await estimate;
  });

  it('is shared by the copies of these modules that one process loads', async () => {
    const { asked, tx } = teamOf('team d');
    const first = rateCard(tx, 1);
    asked[0]!.resolve(CARD);
    await first;
    vi.resetModules();
    const copy = await import('@/server/domain/billing/rates/read');
    expect(copy.rateCard).not.toBe(rateCard);
    await copy.rateCard(tx, 1);
    expect(asked).toHaveLength(1);
  });
});
