import { describe, expect, it } from 'vitest';
import { maxBytesOf } from '@/server/trpc/bodies';
import { BODY_MAX_BYTES, LARGEST_BODY_BYTES } from '@/server/http/body';
import { MAX_RATE_ROWS, parseRateCard } from '@/server/domain/billing/rates/rules';
import { rateFileCost, RATES_MAX_BYTES } from '@/server/domain/billing/rates/schema';
import { listOperations } from '../support/operations';
import { listProcedures } from '../support/procedures';

const urlOf = (names: string) => `http://localhost/api/trpc/${names}?batch=1`;

describe('the body of a page’s request', () => {
  it('can be as large as the API allows for the same operation, sent alone', () => {
    for (const { noun, id } of listProcedures()) {
      const operation = listOperations().find((one) => one.id === id);
      const max = maxBytesOf(urlOf(`${noun}.${id}`));
      if (operation) expect(max, id).toBe(operation.maxBytes ?? BODY_MAX_BYTES);
      else if (!/^(previewRates|importRates)$/.test(id)) expect(max, id).toBe(BODY_MAX_BYTES);
    }
    expect(maxBytesOf(urlOf('rates.importRates,rates.importRates'))).toBe(BODY_MAX_BYTES);
    expect(maxBytesOf(urlOf('__proto__'))).toBe(BODY_MAX_BYTES);
  });

  it('passes the front server, whatever the route', () => {
    const ofPages = listProcedures().map(({ noun, id }) => maxBytesOf(urlOf(`${noun}.${id}`)));
    const ofApi = listOperations().map(({ maxBytes = BODY_MAX_BYTES }) => maxBytes);
    expect(Math.max(...ofPages, ...ofApi)).toBe(LARGEST_BODY_BYTES);
    expect(LARGEST_BODY_BYTES).toBeGreaterThanOrEqual(1.5 * RATES_MAX_BYTES);
  });

  it('costs as many requests as its rows cost, for a card and for a batch', () => {
    const put = listOperations().find(({ id }) => id === 'replaceRates')!;
    expect(put.extraCost({ rates: Array.from({ length: 5_000 }) })).toBe(50);
    expect(rateFileCost({ csv: 'DE,49,1\r\n'.repeat(5_000) })).toBe(50);
  });

  it('holds the largest card: 100,000 rows and 8 MiB', () => {
    const rows = Array.from({ length: MAX_RATE_ROWS }, (_, i) => `"DE";"49${100_000 + i}";"0,${i % 9}5"`);
    const csv = ['sep=;', 'country;prefix;price', ...rows].join('\r\n');
    const filled = csv + '\r\n'.repeat(Math.floor((RATES_MAX_BYTES - csv.length) / 2));
    expect(csv.length).toBeLessThan(RATES_MAX_BYTES);
    const card = parseRateCard(filled);
    expect('rows' in card && card.rows.length).toBe(MAX_RATE_ROWS);
    for (const name of ['rates.previewRates', 'rates.importRates']) {
      const sent = Buffer.byteLength(JSON.stringify({ csv, allowFree: true }));
      expect(sent).toBeLessThan(maxBytesOf(urlOf(name)));
    }
  });
});
