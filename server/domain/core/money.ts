/** An amount of money: whole millionths of one unit of the team's currency (12.50 is 12_500_000n). */
export type Micros = bigint;

export const MICROS_PER_UNIT = 1_000_000n;

/** Largest amount that a request may contain: 1,000,000,000.00. Sums and balances may be larger. */
export const MAX_AMOUNT: Micros = 1_000_000_000n * MICROS_PER_UNIT;

/**
 * Reads an amount of a request: a string of 1 to 10 digits and at most 6 decimals, or a JSON integer.
 * Returns null for anything that would need rounding, guessing or a limit: a sign, an exponent, a float, 7 decimals, above
 * MAX_AMOUNT.
 */
export function parseAmount(input: unknown): Micros | null {
  const text = typeof input === 'number' ? integerText(input) : input;
  if (typeof text !== 'string') return null;
  const match = AMOUNT.exec(text);
  if (!match) return null;
  const [, units = '', fraction = ''] = match;
  const micros = BigInt(units) * MICROS_PER_UNIT + BigInt(fraction.padEnd(6, '0'));
  return micros <= MAX_AMOUNT ? micros : null;
}

const AMOUNT = /^(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,6}))?$/;

// -0 has a sign, which String() would hide.
function integerText(input: number): string | null {
  return Number.isSafeInteger(input) && input >= 0 && !Object.is(input, -0) ? String(input) : null;
}

/** Prints micros with two to six decimals and without loss ("12.50", "0.0395", "-3.00"). */
export function printAmount(micros: Micros): string {
  const size = micros < 0n ? -micros : micros;
  const fraction = (size % MICROS_PER_UNIT).toString().padStart(6, '0');
  return `${micros < 0n ? '-' : ''}${size / MICROS_PER_UNIT}.${fraction.slice(0, 2)}${fraction.slice(2).replace(/0+$/, '')}`;
}

/** The regular expression of what `printAmount` prints, also for the OpenAPI document. */
export const PRINTED_AMOUNT = '^-?(0|[1-9][0-9]*)\\.[0-9]{2,6}$';

const PRINTED = new RegExp(PRINTED_AMOUNT);

/**
 * Reads an amount that `printAmount` printed. Unlike an amount of a request, it can be negative or above MAX_AMOUNT.
 * @throws RangeError for any other text
 */
export function toMicros(printed: string): Micros {
  if (!PRINTED.test(printed)) throw new RangeError(`Not a printed amount: ${printed}`);
  const [units = '', fraction = ''] = printed.split('.');
  // The digits without the point; a sign stays in front of them.
  return BigInt(units + fraction.padEnd(6, '0'));
}

/** The currency of the sample prices of a new team (db/seed/rates.csv). */
export const SAMPLE_CURRENCY = 'USD';

/** Returns whether a team can use the currency: an upper-case ISO 4217 code with 0, 2 or 3 minor digits. */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code);
}

/**
 * Returns the number of minor digits that ISO 4217 gives the currency.
 * @throws RangeError if a team cannot use the currency
 */
export function currencyDigits(code: string): 0 | 2 | 3 {
  if (!isCurrency(code)) throw new RangeError(`Not a currency: ${code}`);
  if (WITHOUT_MINOR_UNIT.has(code)) return 0;
  return WITH_THREE_DIGITS.has(code) ? 3 : 2;
}

/** Returns every currency that a team can have, sorted. */
export function listCurrencies(): string[] {
  return [...CURRENCIES];
}

// Listed here because Intl includes obsolete currencies (DEM) and counts minor digits by custom (IQD: 0), not by ISO (3).
// Omitted: metals, test codes, funds, units of account without a minor unit (XDR, XUA, XSU) and the 4-digit CLF and UYW.
const CURRENCIES: ReadonlySet<string> = new Set(
  `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
  CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
  HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
  MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
  RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
  UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG`.split(/\s+/),
);

const WITHOUT_MINOR_UNIT: ReadonlySet<string> = new Set(
  'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(' '),
);

const WITH_THREE_DIGITS: ReadonlySet<string> = new Set('BHD IQD JOD KWD LYD OMR TND'.split(' '));
