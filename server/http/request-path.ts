/**
 * Resolves the path of a request once, for every check that depends on it. Returns its decoded segments, or null where
 * another parser (a proxy, the framework) could read another path: a dot segment, an empty segment, an encoded slash, a
 * backslash, a fragment, or an invalid encoding. A trailing slash is not a segment.
 */
export function resolvePath(path: string): string[] | null {
  if (!path.startsWith('/') || /[\\#]/.test(path)) return null;
  const written = path.replace(/\/$/, '').split('/').slice(1);
  const segments = written.map(decode);
  return segments.every((segment) => segment !== null && !AMBIGUOUS.test(segment)) ? (segments as string[]) : null;
}

// oxlint-disable-next-line eslint/no-control-regex -- these are what it looks for
const AMBIGUOUS = /^\.{0,2}$|[/\\\u0000-\u001f]/;

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
