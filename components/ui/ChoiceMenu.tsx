'use client';

import { Menu, type MenuProps } from '@mantine/core';
import type { ReactElement } from 'react';

export type Choice = { value: string; label: string; note?: string | undefined };

type Props = {
  target: ReactElement;
  options: Choice[];
  chosen: string[];
  onToggle: (value: string) => void;
  /** Closes with the choice: there is one at a time. */
  single?: boolean | undefined;
  position?: MenuProps['position'];
};

/** A menu of things that are on or off; open as soon as it is there. */
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
