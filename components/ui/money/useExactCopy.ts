'use client';

import { useEffect } from 'react';

/** Makes the browser copy the exact value of each rounded amount in the selection. */
export function useExactCopy(): void {
  useEffect(() => {
    const copyExactly = (event: ClipboardEvent) => {
      // A field has its own selection.
      if (event.target instanceof HTMLElement && event.target.matches('input, textarea')) return;
      const text = exactTextOf(document.getSelection());
      if (text === null) return;
      event.clipboardData?.setData('text/plain', text);
      event.preventDefault();
    };
    document.addEventListener('copy', copyExactly);
    return () => document.removeEventListener('copy', copyExactly);
  }, []);
}

/** Returns the selected text with exact amounts, or null if none of its amounts is rounded. */
function exactTextOf(selection: Selection | null): string | null {
  if (!selection || selection.isCollapsed) return null;
  const amounts = [...document.querySelectorAll('data')].filter((amount) => selection.containsNode(amount, true));
  if (!amounts.some((amount) => amount.dataset['exact'])) return null;
  selectWholeAmounts(selection);
  let text = withPlainSpaces(selection.toString());
  let end = 0;
  for (const amount of amounts) {
    const shown = withPlainSpaces(amount.textContent);
    const exact = withPlainSpaces(amount.dataset['exact'] ?? shown);
    const begin = text.indexOf(shown, end);
    if (begin === -1) continue;
    text = text.slice(0, begin) + exact + text.slice(begin + shown.length);
    end = begin + exact.length;
  }
  return text;
}

/** Extends the selection to the whole of the amounts in which it begins and ends. */
function selectWholeAmounts(selection: Selection): void {
  const range = selection.getRangeAt(0).cloneRange();
  const amountAt = (node: Node) => node.parentElement?.closest('data');
  const [first, last] = [amountAt(range.startContainer), amountAt(range.endContainer)];
  if (first) range.setStartBefore(first);
  if (last) range.setEndAfter(last);
  selection.removeAllRanges();
  selection.addRange(range);
}

const withPlainSpaces = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');
