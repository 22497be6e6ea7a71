import { normalizeNumber } from '@/server/domain/core/phone-numbers';

/** Reads typed or pasted recipients, separated by lines, commas, semicolons or tabs. */
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
  // Numbers that differ only in notation are one recipient.
  const byNumber = new Map(all.map((one) => [normalizeNumber(one), one]));
  return { numbers: [...byNumber.values()], repeated: all.length - byNumber.size };
}
