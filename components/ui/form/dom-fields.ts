/**
 * Returns the texts of the named fields. A browser can fill in what it has stored without an event, so that only the page
 * knows them.
 */
export function readNamed(form: HTMLFormElement, names: string[]): Record<string, string> {
  const typed: Record<string, string> = {};
  for (const name of names) {
    const field = form.elements.namedItem(name);
    const isText = field instanceof HTMLInputElement && !['checkbox', 'radio', 'file'].includes(field.type);
    if (isText || field instanceof HTMLTextAreaElement) typed[name] = field.value;
  }
  return typed;
}

const FIELD = ':is(input, textarea, select)';

/**
 * Focuses the first field with an error; without one, the submit button, which loses the focus while it is loading.
 * @returns true unless there are errors and none of their fields is shown
 */
export function focusRefused(form: HTMLFormElement | null, fields: string[]): boolean {
  // Radio groups and checkboxes have no `aria-invalid`.
  const groups = fields.map((field) => `[data-path="${CSS.escape(field)}"]`);
  const ways = [`${FIELD}[aria-invalid=true]`, ...groups.flatMap((group) => [`${FIELD}${group}`, `${group} input`])];
  const first = form?.querySelector<HTMLElement>(ways.join(', '));
  if (first) first.focus();
  else if (document.activeElement === document.body) form?.querySelector<HTMLElement>('[type=submit]')?.focus();
  return Boolean(first) || fields.length === 0;
}
