'use client';

import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Search } from 'lucide-react';
import { useRef, useState } from 'react';
import { useShortcut } from './shortcuts';

type Props = { label: string; placeholder: string; value: string; onChange: (text: string) => void };

/** A search field that searches while the user types; `/` focuses it. */
export function SearchField({ label, placeholder, value, onChange }: Props) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  const report = useDebouncedCallback(onChange, 200);
  // Follows changes of the URL, such as the back button or a cleared filter.
  if (value !== known) {
    setKnown(value);
    if (value !== text.trim()) setText(value);
  }
  const type = (next: string) => {
    setText(next);
    report(next.trim());
  };
  useShortcut('/', label, () => field.current?.focus());
  return (
    <TextInput
      ref={field}
      size="xs"
      type="search"
      aria-label={label}
      placeholder={placeholder}
      leftSection={<Search size={14} aria-hidden />}
      value={text}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
      rightSection={text && <CloseButton size="sm" aria-label="Clear search" onClick={() => type('')} />}
      style={{ flex: '1 1 18rem', maxWidth: '24rem' }}
    />
  );
}
