/**
 * Prints the promised part of the API's document (`npm run -s api:promise > docs/api-promise.json`), without
 * descriptive texts, one line per path and schema.
 */
import { openApiDocument } from '@/server/http/openapi';

const SAID = new Set(['description', 'summary', 'example', 'examples', 'tags', 'title', 'license']);

/**
 * Removes descriptive texts from a part of the document. Names of properties and parameters stay, even if they equal a
 * removed key.
 */
function bare(part: unknown, isNames = false): unknown {
  if (Array.isArray(part)) return part.map((item) => bare(item));
  if (typeof part !== 'object' || part === null) return part;
  const kept = Object.entries(part).filter(([name]) => isNames || !SAID.has(name));
  return Object.fromEntries(kept.map(([name, item]) => [name, bare(item, name === 'properties' && !isNames)]));
}

function print(name: string, part: unknown, depth: number): string {
  const indent = ' '.repeat(depth);
  if (depth === LINES_AT[name.split('/')[0]!] || typeof part !== 'object' || part === null || Array.isArray(part))
    return JSON.stringify(part);
  const lines = Object.entries(part).map(
    ([key, item]) => `${indent} ${JSON.stringify(key)}: ${print(`${name ? `${name}/` : ''}${key}`, item, depth + 1)}`,
  );
  return lines.length > 0 ? `{\n${lines.join(',\n')}\n${indent}}` : '{}';
}

/** The depth to which a part is spread over lines: paths by method, components by name. */
const LINES_AT: Record<string, number> = { paths: 3, components: 3 };

console.log(print('', bare(openApiDocument()), 0));
