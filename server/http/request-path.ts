/**
 * Resolves the path of a request once, for everything that judges by it. Returns its segments, decoded, or null where
 * another reader (a proxy, the web framework, a URL parser) could read another path: a dot segment, an empty segment, an
 * encoded slash, a backslash, a fragment, or what is not well encoded. A slash at the end is no segment.
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
