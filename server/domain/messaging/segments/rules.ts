import { SegmentedMessage } from 'sms-segments-calculator';

export type Encoding = 'gsm7' | 'ucs2';

/**
 * Counts the segments that a carrier bills, by 3GPP TS 23.038 and 23.040. GSM-7 holds 160 septets, 153 each when
 * concatenated; a character of the extension table takes two, which stay together. Any other character makes the whole
 * text UCS-2: 70 UTF-16 units, 67 each when concatenated, and a surrogate pair stays together. An empty text is one
 * segment.
 */
export function countSegments(body: string): { encoding: Encoding; segments: number } {
  const widths = gsm7Widths(body);
  return widths
    ? { encoding: 'gsm7', segments: countParts(widths, 160, 153) }
    : {
        encoding: 'ucs2',
        segments: countParts(
          Array.from(body, (char) => char.length),
          70,
          67,
        ),
      };
}

/** Returns the distinct characters that keep a text from being GSM-7. */
export const beyondGsm7 = (body: string): string[] => [...new Set(body)].filter((char) => gsm7Width(char) === 0);

// Returns the septets of each character, or null as soon as one is not in GSM-7.
function gsm7Widths(body: string): number[] | null {
  const widths: number[] = [];
  for (const char of body) {
    const width = gsm7Width(char);
    if (width === 0) return null;
    widths.push(width);
  }
  return widths;
}

// Uses only the library's alphabet, one character at a time. Its own splitting keeps an emoji family together and
// counts 300 combining accents as one character, unlike any carrier, and takes 5 ms for 1,600 characters.
function gsm7Width(char: string): number {
  if (char.length > 1) return 0;
  const code = char.charCodeAt(0);
  if (code > LAST_GSM7_CODE) return 0;
  const known = GSM7_WIDTHS[code] ?? UNKNOWN;
  if (known !== UNKNOWN) return known;
  const alone = new SegmentedMessage(char, 'auto', false);
  return (GSM7_WIDTHS[code] = alone.encodingName === 'GSM-7' ? alone.numberOfCharacters : 0);
}

const LAST_GSM7_CODE = 0x20ac;

const UNKNOWN = 255;

const GSM7_WIDTHS = new Uint8Array(LAST_GSM7_CODE + 1).fill(UNKNOWN);

function countParts(widths: number[], alone: number, joined: number): number {
  if (widths.reduce((sum, width) => sum + width, 0) <= alone) return 1;
  let parts = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > joined) {
      parts += 1;
      used = 0;
    }
    used += width;
  }
  return parts;
}
