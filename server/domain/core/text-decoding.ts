/**
 * Decodes a text file as spreadsheets write it: UTF-8, or UTF-16 in either order of bytes, with or without a byte order
 * mark. Bytes that are none of these come out as U+FFFD.
 */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  // Without a mark: of ASCII in UTF-16 every other byte is 0, and no text has one in UTF-8.
  if (first === 0 && second !== undefined && second !== 0) return 'utf-16be';
  return second === 0 && first !== undefined && first !== 0 ? 'utf-16le' : 'utf-8';
}
