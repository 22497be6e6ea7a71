/** How a person's list of recipients is read: one a line, or set apart by commas, semicolons or tabs. */
export function readRecipients(text: string): { numbers: string[]; repeated: number } {
  // What comes with a number that is copied from a chat or a contact: marks of direction, spaces that do not break.
  const all = text
    .replace(/\p{Cf}/gu, '')
    .replace(/[\u00a0\u2007\u202f]/g, ' ')
    .split(/[\n,;\t]+/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
  // The same number, however it is written, is sent to once.
  const byDigits = new Map(all.map((one) => [one.replace(/[\s().-]/g, ''), one]));
  return { numbers: [...byDigits.values()], repeated: all.length - byDigits.size };
}
