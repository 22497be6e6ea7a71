'use client';

import { Button, CloseButton, Group } from '@mantine/core';
import { ChevronDown } from 'lucide-react';
import { menuOnDemand } from './onDemand';

export const ChoiceMenu = menuOnDemand(() => import('./ChoiceMenu').then((file) => file.ChoiceMenu));

type Props<Value extends string> = {
  label: string;
  /** `note` is the number of matches, where known. */
  options: { value: Value; label: string; note?: string | undefined }[];
  chosen: Value[];
  onChange: (chosen: Value[]) => void;
  /** Allows only one option at a time. */
  single?: boolean;
  /** Marks a filter that always has a value: its label names it, and it cannot be cleared. */
  plain?: boolean;
};

/** A filter chip: shows its active options and can be cleared with one click. */
export function FilterChip<Value extends string>({ label, options, chosen, onChange, single, plain }: Props<Value>) {
  const isOn = chosen.length > 0 && !plain;
  const names = options.filter(({ value }) => chosen.includes(value)).map((option) => option.label);
  const toggle = (value: string) => {
    if (chosen.some((one) => one === value)) onChange(chosen.filter((one) => one !== value));
    else onChange(single ? [value as Value] : [...chosen, value as Value]);
  };
  return (
    <Group gap={0} wrap="nowrap">
      <ChoiceMenu
        options={options}
        chosen={chosen}
        onToggle={toggle}
        single={single}
        target={
          <Button
            size="xs"
            variant={isOn ? 'light' : 'default'}
            rightSection={<ChevronDown size={14} aria-hidden />}
            style={isOn ? { color: 'var(--accent-text)' } : undefined}
          >
            {isOn ? `${label}: ${names.join(', ')}` : label}
          </Button>
        }
      />
      {isOn && <CloseButton size="sm" aria-label={`Clear ${label.toLowerCase()}`} onClick={() => onChange([])} />}
    </Group>
  );
}
