import { describe, expect, it } from 'vitest';
import { readTyped } from '@/components/ui/money/format';

const read = (text: string, locale = 'en-US', currency = 'USD') => {
  const typed = readTyped(text, currency, locale, { all: true });
  return 'amount' in typed ? typed.amount : 'all' in typed ? 'all' : 'nothing' in typed ? null : 'problem';
};

describe('an amount as typed by a user', () => {
  it.each<[string, string, string, bigint | string | null]>([
    ['1,250.5', 'en-US', 'USD', 1_250_500_000n],
    ['$20', 'en-US', 'USD', 20_000_000n],
    ['20 USD', 'en-US', 'USD', 20_000_000n],
    ['usd 20', 'en-US', 'USD', 20_000_000n],
    [' 0.0395 ', 'en-US', 'USD', 39_500n],
    ['.5', 'en-US', 'USD', 500_000n],
    ['007', 'en-US', 'USD', 7_000_000n],
    ['all', 'en-US', 'USD', 'all'],
    ['', 'en-US', 'USD', null],
    // One comma before two digits means 1.25 or 125, so it is refused rather than guessed.
    ['1,25', 'en-US', 'USD', 'problem'],
    ['12,50,000', 'en-US', 'USD', 'problem'],
    ['1.2.3', 'en-US', 'USD', 'problem'],
    ['-5', 'en-US', 'USD', 'problem'],
    ['1e3', 'en-US', 'USD', 'problem'],
    ['1.1234567', 'en-US', 'USD', 'problem'],
    ['1,000,000,000', 'en-US', 'USD', 1_000_000_000_000_000n],
    ['1,000,000,000.01', 'en-US', 'USD', 'problem'],
    ['five', 'en-US', 'USD', 'problem'],
    ['.', 'en-US', 'USD', 'problem'],
    ['1.250,5', 'de-DE', 'EUR', 1_250_500_000n],
    ['20 €', 'de-DE', 'EUR', 20_000_000n],
    ['1.250', 'de-DE', 'EUR', 1_250_000_000n],
    ['1.25', 'de-DE', 'EUR', 'problem'],
    ['1 250,5', 'fr-FR', 'EUR', 1_250_500_000n],
    ['12,50,000', 'en-IN', 'INR', 1_250_000_000_000n],
    ['1250', 'ja-JP', 'JPY', 1_250_000_000n],
  ])('%s in %s, %s', (text, locale, currency, expected) => {
    expect(read(text, locale, currency)).toBe(expected);
  });

  it('takes "all" only where there is an all', () => {
    expect(readTyped('all', 'USD', 'en-US')).toEqual({ problem: '“All” only works for debits.' });
  });
});
