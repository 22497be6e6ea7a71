'use client';

import { Menu, type MenuProps } from '@mantine/core';
import type { ReactElement } from 'react';

export type Choice = { value: string; label: string; note?: string | undefined };

type Props = {
  target: ReactElement;
  options: Choice[];
  chosen: string[];
  onToggle: (value: string) => void;
  /** Closes the menu with the choice, because only one option can be active. */
  single?: boolean | undefined;
  position?: MenuProps['position'];
};

/** A menu of options that are on or off; opens as soon as it is mounted. */
export function ChoiceMenu({ target, options, chosen, onToggle, single, position = 'bottom-start' }: Props) {
  return (
    <Menu defaultOpened position={position}>
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown>
        {options.map(({ value, label, note }) => (
          <Menu.CheckboxItem
            key={value}
            checked={chosen.includes(value)}
            closeMenuOnClick={single ?? false}
            onChange={() => onToggle(value)}
            rightSection={note === undefined ? undefined : <span className="muted tabular">{note}</span>}
          >
            {label}
          </Menu.CheckboxItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
