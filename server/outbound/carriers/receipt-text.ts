/** The fields of a receipt in the customary text form; null where the text has none. */
export type ReceiptText = { id: string | null; stat: string | null; err: string | null };

/**
 * Parses the text of a receipt, such as `id:7f2a sub:001 dlvrd:001 submit date:2601011200 done date:2601011201
 * stat:DELIVRD err:000 text:Hello` (SMPP 3.4, appendix B). Carriers differ in case, order and which fields they send. The
 * dates are not read, because their time zone is the carrier's secret.
 */
export function parseReceipt(text: string): ReceiptText {
  // The sender's own words follow `text:`, so that they cannot pose as fields.
  const fields = text.replace(/(?:^|\s)text:.*$/is, '');
  const field = (name: string): string | null =>
    new RegExp(`(?:^|\\s)${name}:\\s*([^\\s:]+)`, 'i').exec(fields)?.[1] ?? null;
  return { id: field('id'), stat: field('stat')?.toUpperCase() ?? null, err: field('err') };
}
