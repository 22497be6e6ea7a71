import { createHash } from 'node:crypto';

/** A text as a carrier bills it. */
type Text = { body: string; encoding: 'gsm7' | 'ucs2' };

/** The default alphabet of 3GPP TS 23.038, section 6.2.1, by septet. 0x1B is the escape to the extension table. */
const GSM7 =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001BÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

const ESCAPE = 0x1b;

/** The extension table of 3GPP TS 23.038, section 6.2.1.1. */
const GSM7_EXTENSION: Record<string, number> = {
  '\f': 0x0a,
  '^': 0x14,
  '{': 0x28,
  '}': 0x29,
  '\\': 0x2f,
  '[': 0x3c,
  '~': 0x3d,
  ']': 0x3e,
  '|': 0x40,
  '€': 0x65,
};

const SEPTETS = new Map<string, number[]>([
  ...Array.from(GSM7, (char, code): [string, number[]] => [char, [code]]).filter(([, [code]]) => code !== ESCAPE),
  ...Object.entries(GSM7_EXTENSION).map(([char, code]): [string, number[]] => [char, [ESCAPE, code]]),
]);

/** Septets (GSM-7) or UTF-16 units (UCS-2) in a text of one part, and in each part of a longer one. */
const LENGTHS = { gsm7: { alone: 160, joined: 153 }, ucs2: { alone: 70, joined: 67 } };

/** Counts septets or UTF-16 units. A character outside GSM-7 counts as one septet, the replacement that is sent. */
const widthOf = (char: string, encoding: Text['encoding']): number =>
  encoding === 'gsm7' ? (SEPTETS.get(char)?.length ?? 1) : char.length;

/**
 * Splits a text into its parts, by 3GPP TS 23.040, section 9.2.3.24.1. A character of the extension table and a surrogate
 * pair are never cut, so the number of parts is the number of segments charged.
 */
export function splitText({ body, encoding }: Text): string[] {
  const { alone, joined } = LENGTHS[encoding];
  const chars = Array.from(body, (char) => ({ char, width: widthOf(char, encoding) }));
  if (chars.reduce((sum, { width }) => sum + width, 0) <= alone) return [body];
  const parts = [''];
  let used = 0;
  for (const { char, width } of chars) {
    if (used + width > joined) {
      parts.push('');
      used = 0;
    }
    parts[parts.length - 1] += char;
    used += width;
  }
  return parts;
}

/** Returns true if every part but the last is full, so that a peer which cuts by length alone makes the same parts. */
export function isCutByLength({ body, encoding }: Text): boolean {
  return (
    encoding === 'gsm7' ||
    splitText({ body, encoding })
      .slice(0, -1)
      .every((part) => part.length === 67)
  );
}

/** Encodes a part: unpacked GSM-7, one septet an octet, or UTF-16 with the high byte first. */
export function encodePart(part: string, encoding: Text['encoding']): Buffer {
  if (encoding === 'ucs2') return Buffer.from(part, 'utf16le').swap16();
  return Buffer.from(Array.from(part).flatMap((char) => SEPTETS.get(char) ?? SEPTETS.get('?')!));
}

/**
 * Returns the reference that joins a message's parts. It depends on the id alone, so that a second submit of the message
 * completes the first on the phone instead of standing beside it.
 */
export function concatenationReference(id: string, octets: 1 | 2): number {
  return createHash('sha256').update(id).digest().readUIntBE(0, octets);
}

/** Returns the user data header of a part, by 3GPP TS 23.040, sections 9.2.3.24.1 (8-bit) and 9.2.3.24.8 (16-bit). */
export function concatenationHeader(id: string, part: number, parts: number, octets: 1 | 2): Buffer {
  const reference = concatenationReference(id, octets);
  return octets === 1
    ? Buffer.from([5, 0x00, 3, reference, parts, part])
    : Buffer.from([6, 0x08, 4, reference >> 8, reference & 0xff, parts, part]);
}
