/** An error of one field, as the API lists it: `pointer` is a JSON Pointer (RFC 6901) into the request. */
export type FieldError = { pointer: string; detail: string };

/** Form fields by the pointer or the code of the errors that belong to them. */
export type FieldNames = Record<string, string>;

/** The errors of a refusal: by form field, and those of no field with the API's name of theirs. */
export type PlacedErrors = { at: Record<string, string>; rest: string[] };

/**
 * Places the errors of a refusal at the fields of a form. The first of several errors at one field is kept: "too short"
 * comes before "too common".
 * @param paths the form's fields; a nested one with dots, `rule.cap`
 * @param named the fields whose pointer the form names otherwise; a pointer stands for everything below it
 */
export function placeErrors(errors: readonly FieldError[], paths: readonly string[], named: FieldNames): PlacedErrors {
  const placed: PlacedErrors = { at: {}, rest: [] };
  for (const { pointer, detail } of errors) {
    const field = fieldOf(pointer, paths, named);
    if (field === undefined) placed.rest.push(`${pointer.replace(/^\//, '')}: ${detail}`);
    else placed.at[field] ??= detail;
  }
  return placed;
}

/** Returns the field of a pointer or of its nearest ancestor: `/metadata/color` belongs to `metadata`. */
function fieldOf(pointer: string, paths: readonly string[], named: FieldNames): string | undefined {
  const parts = pointer.replace(/^\//, '').split('/');
  for (let length = parts.length; length > 0; length -= 1) {
    const upTo = parts.slice(0, length);
    const path = upTo.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).join('.');
    const field = named[`/${upTo.join('/')}`] ?? (paths.includes(path) ? path : undefined);
    if (field !== undefined) return field;
  }
  return undefined;
}

/** Returns the paths of a form's fields; a group of fields has a path too. */
export function pathsOf(values: object, above = ''): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const path = `${above}${name}`;
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isGroup ? [path, ...pathsOf(value as object, `${path}.`)] : [path];
  });
}
