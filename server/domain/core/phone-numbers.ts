/** The longest text that is read as a number: longer ones are refused before anything transforms them. */
export const NUMBER_TEXT_MAX = 64;

/**
 * Brings a number into the one form in which it is read and compared: `+` and digits where it is international. Drops
 * full-width signs, invisible marks, white space around it, and the spaces, tabs, dashes, dots and brackets within it; reads
 * `00` at its beginning as `+`; rewrites a number of a plan that has changed. Any other text comes back as no number.
 */
export function normalizeNumber(text: string): string {
  return renumber(cleanNumber(text), CHANGED_PLANS);
}

/**
 * Brings a number or the beginning of one into the form of the stored numbers, as `normalizeNumber` does. The beginning of
 * an old number is rewritten where no current number begins so; Colombia's old ones share theirs with current numbers.
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
      // U+2212 is a minus in Unicode and typed as a dash. A line end within the text separates two numbers, so it stays.
      .replace(/[\p{Cf}\p{Zs}\p{Pd}\u2212().\t]/gu, '')
      .trim()
      .replace(/^00(?=[1-9])/, '+')
  );
}

type Plan = { old: RegExp; now: (digits: RegExpExecArray) => string };

/** Vietnam, September 2018: what took the place of the first three digits of a mobile number. */
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
 * Plans in which every old number became one new number that no other ever was (docs/decisions/0015). Brazil's and the
 * Ivory Coast's are none of them: what an old number is now depends on its operator.
 */
const CHANGED_PLANS: Plan[] = [
  // Mexico, August 2019: no 1 before a mobile number.
  { old: /^\+521([0-9]{10})$/, now: ([, rest]) => `+52${rest}` },
  // Benin, November 2024: 01 before every number.
  { old: /^\+229([2-9][0-9]{7})$/, now: ([, rest]) => `+22901${rest}` },
  // Colombia, September 2021: 60 before every fixed number. What begins with 60 is the beginning of a new one.
  { old: /^\+57([124578][0-9]{7}|6[1-9][0-9]{6})$/, now: ([, rest]) => `+5760${rest}` },
  { old: /^\+84(12[0-9]|16[2-9]|18[68]|199)([0-9]{7})$/, now: ([, code, rest]) => `+84${VIETNAM[code!]}${rest}` },
];

/** Toll-free numbers of Vietnam begin with 120 and 122, so those two codes are left as they are. */
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
