'use client';

import { ActionIcon, Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Hint } from './Hint';
import { Check, Copy as CopyIcon } from 'lucide-react';

type Text = string | (() => string);

const textOf = (text: Text): string => (typeof text === 'string' ? text : text());

/**
 * Copies a text, which may be computed on click, and confirms it. Without a clipboard (plain http), users can select
 * the text beside the button.
 */
export function CopyIconButton({ text, label }: { text: Text; label: string }) {
  const { copy, copied } = useClipboard({ timeout: 1500 });
  return (
    <Hint text={copied ? 'Copied' : label}>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} onClick={() => copy(textOf(text))}>
        {copied ? <Check size={14} aria-hidden /> : <CopyIcon size={14} aria-hidden />}
      </ActionIcon>
    </Hint>
  );
}

export function CopyButton({ text, label, onCopied }: { text: Text; label: string; onCopied?: () => void }) {
  const { copy, copied } = useClipboard({ timeout: 1500 });
  const onClick = () => {
    copy(textOf(text));
    onCopied?.();
  };
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={copied ? <Check size={14} aria-hidden /> : <CopyIcon size={14} aria-hidden />}
      onClick={onClick}
    >
      {copied ? 'Copied' : label}
    </Button>
  );
}
