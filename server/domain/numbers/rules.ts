/** The longest text that is read as a number: longer ones are refused before anything transforms them. */
export const NUMBER_TEXT_MAX = 64;

/**
 * Brings a number, or the beginning of one, into the one form in which it is read and compared: `+` and digits where it is
 * international. Full-width signs, invisible marks, and the spaces, dashes, dots and brackets that people type are no part
 * of a number; `00` at its beginning is `+`; a number of a plan that has changed is the one that is dialled now.
 * What is no number comes back as something that is none either.
 */
export function normalizeNumber(text: string): string {
  if (text.length > NUMBER_TEXT_MAX) return text;
  const plain = text
    .normalize('NFKC')
    // U+2212 is a minus in Unicode, and a dash to who types it.
    .replace(/[\p{Cf}\p{Zs}\p{Pd}\u2212().]/gu, '')
    .replace(/^00(?=[1-9])/, '+');
  return renumbered(plain);
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
  // Colombia, September 2021: 60 before every fixed number.
  { old: /^\+57([124-8][0-9]{7})$/, now: ([, rest]) => `+5760${rest}` },
  { old: /^\+84(12[0-9]|16[2-9]|18[68]|199)([0-9]{7})$/, now: ([, code, rest]) => `+84${VIETNAM[code!]}${rest}` },
];

function renumbered(number: string): string {
  for (const { old, now } of CHANGED_PLANS) {
    const match = old.exec(number);
    if (match) return now(match);
  }
  return number;
}
