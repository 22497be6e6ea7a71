/**
 * Hands a field what was typed into it, or whether it was ticked, before React hydrated it. A ref of what holds the field:
 * it is called when that is hydrated. Without it a controlled field loses the text at its next render, because React
 * hears no event from before.
 */
export function adoptTyped(holder: HTMLElement | null): void {
  for (const field of holder?.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea') ?? []) {
    // The search of a picker is no text to keep: the picker empties it when it is mounted, and when it is left.
    if (field.getAttribute('aria-haspopup') === 'listbox') continue;
    if (field instanceof HTMLInputElement && field.type === 'checkbox') adoptTick(field);
    else adoptText(field);
  }
}

/** React writes the value that it knows into the default value: another one in the field is not from React. */
function adoptText(field: HTMLInputElement | HTMLTextAreaElement): void {
  const { value: typed, defaultValue: known, selectionStart, selectionEnd } = field;
  if (typed === known || field.readOnly) return;
  // After the commit, when every handler is in place, and before the next render, which would write the known value.
  queueMicrotask(() => {
    // React ignores an event that leaves the value as it last saw it; it sees what is set here, and not what the
    // prototype's own setter sets.
    field.value = known;
    const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value');
    own?.set?.call(field, typed);
    if (document.activeElement === field && selectionStart !== null) {
      field.setSelectionRange(selectionStart, selectionEnd);
    }
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

function adoptTick(box: HTMLInputElement): void {
  const known = box.defaultChecked;
  if (box.checked === known || box.disabled) return;
  queueMicrotask(() => {
    box.checked = known;
    box.click();
  });
}
