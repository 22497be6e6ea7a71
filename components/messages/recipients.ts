import { normalizeNumber } from '@/server/domain/core/phone-numbers';

/** Reads the recipients that were typed or pasted: one a line, or separated by commas, semicolons or tabs. */
export function readRecipients(text: string): { numbers: string[]; repeated: number } {
  const all = text
    .split(/[\r\n,;\t，；、\u2028\u2029]+/)
    .map((one) =>
      one
        .replace(/\p{Cf}/gu, '')
        .replace(/\p{Zs}/gu, ' ')
        .trim(),
    )
    .filter((one) => one !== '');
  // The same number, however it is written, is sent to once.
  const byNumber = new Map(all.map((one) => [normalizeNumber(one), one]));
  return { numbers: [...byNumber.values()], repeated: all.length - byNumber.size };
}
