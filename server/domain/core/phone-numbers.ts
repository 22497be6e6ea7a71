/** Longest text that is read as a number; longer ones are refused before they are transformed. */
export const NUMBER_TEXT_MAX = 64;

/**
 * Returns a number in the form in which it is stored and compared: `+` and digits if it is international. Removes invisible
 * characters, spaces, tabs, dashes, dots and brackets, maps full-width digits, reads a leading `00` as `+`, and rewrites
 * numbers of changed numbering plans. Any other text is not a number afterwards either.
 */
export function normalizeNumber(text: string): string {
  return renumber(cleanNumber(text), CHANGED_PLANS);
}

/**
 * Returns a number or its beginning in the form of the stored numbers, like `normalizeNumber`. The beginning of an old
 * number is rewritten if no current number begins that way; Colombia's old numbers share theirs with current ones.
 */
export function normalizeBeginning(text: string): string {
  const number = cleanNumber(text);
  const whole = renumber(number, CHANGED_PLANS);
  return whole === number ? renumber(number, CHANGED_BEGINNINGS) : whole;
}

function cleanNumber(text: string): string {
  if (text.length > NUMBER_TEXT_MAX) return text;
  return (
    text
      .normalize('NFKC')
      // U+2212 (minus) is typed as a dash. A line end separates two numbers, so it stays.
      .replace(/[\p{Cf}\p{Zs}\p{Pd}\u2212().\t]/gu, '')
      .trim()
      .replace(/^00(?=[1-9])/, '+')
  );
}

type Plan = { old: RegExp; now: (digits: RegExpExecArray) => string };

/** Vietnam, September 2018: replacements of the first three digits of mobile numbers. */
const VIETNAM: Record<string, string> = {
  120: '70',
  121: '79',
  122: '77',
  123: '83',
  124: '84',
  125: '85',
  126: '76',
  127: '81',
  128: '78',
  129: '82',
  162: '32',
  163: '33',
  164: '34',
  165: '35',
  166: '36',
  167: '37',
  168: '38',
  169: '39',
  186: '56',
  188: '58',
  199: '59',
};

/**
 * Plans in which every old number became one new, previously unused number (docs/decisions/0015). Brazil and Ivory Coast
 * are excluded: there the new number depends on the operator.
 */
const CHANGED_PLANS: Plan[] = [
  // Mexico, August 2019: no 1 before a mobile number.
  { old: /^\+521([0-9]{10})$/, now: ([, rest]) => `+52${rest}` },
  // Benin, November 2024: 01 before every number.
  { old: /^\+229([2-9][0-9]{7})$/, now: ([, rest]) => `+22901${rest}` },
  // Colombia, September 2021: 60 before every fixed number. A number that begins with 60 is a new one.
  { old: /^\+57([124578][0-9]{7}|6[1-9][0-9]{6})$/, now: ([, rest]) => `+5760${rest}` },
  { old: /^\+84(12[0-9]|16[2-9]|18[68]|199)([0-9]{7})$/, now: ([, code, rest]) => `+84${VIETNAM[code!]}${rest}` },
];

/** Toll-free numbers of Vietnam begin with 120 and 122, so these two codes are not rewritten. */
const CHANGED_BEGINNINGS: Plan[] = [
  { old: /^\+521([0-9]{0,9})$/, now: ([, rest]) => `+52${rest}` },
  // Numbers of Benin that begin with 8 have no 01.
  { old: /^\+229([2-79][0-9]{0,6})$/, now: ([, rest]) => `+22901${rest}` },
  {
    old: /^\+84(12[13-9]|16[2-9]|18[68]|199)([0-9]{0,6})$/,
    now: ([, code, rest]) => `+84${VIETNAM[code!]}${rest}`,
  },
];

function renumber(number: string, plans: Plan[]): string {
  for (const { old, now } of plans) {
    const match = old.exec(number);
    if (match) return now(match);
  }
  return number;
}
