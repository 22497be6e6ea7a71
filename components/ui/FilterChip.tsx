'use client';

import { Button, CloseButton, Group, Menu } from '@mantine/core';
import { ChevronDown } from 'lucide-react';

type Option<Value extends string> = { value: Value; label: string };

type Props<Value extends string> = {
  label: string;
  options: Option<Value>[];
  chosen: Value[];
  onChange: (chosen: Value[]) => void;
  /** Only one at a time. */
  single?: boolean;
};

/** A filter as a chip: says what it filters by, and is cleared with one click. */
export function FilterChip<Value extends string>({ label, options, chosen, onChange, single }: Props<Value>) {
  const isOn = chosen.length > 0;
  const names = options.filter(({ value }) => chosen.includes(value)).map((option) => option.label);
  const toggle = (value: Value) => {
    if (chosen.includes(value)) onChange(chosen.filter((one) => one !== value));
    else onChange(single ? [value] : [...chosen, value]);
  };
  return (
    <Group gap={0} wrap="nowrap">
      <Menu closeOnItemClick={single ?? false} position="bottom-start">
        <Menu.Target>
          <Button
            size="xs"
            variant={isOn ? 'light' : 'default'}
            rightSection={<ChevronDown size={14} aria-hidden />}
            style={isOn ? { color: 'var(--accent-text)' } : undefined}
          >
            {isOn ? `${label}: ${names.join(', ')}` : label}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {options.map((option) => (
            <Menu.CheckboxItem
              key={option.value}
              checked={chosen.includes(option.value)}
              onChange={() => toggle(option.value)}
            >
              {option.label}
            </Menu.CheckboxItem>
          ))}
        </Menu.Dropdown>
      </Menu>
      {isOn && <CloseButton size="sm" aria-label={`Clear ${label.toLowerCase()}`} onClick={() => onChange([])} />}
    </Group>
  );
}
