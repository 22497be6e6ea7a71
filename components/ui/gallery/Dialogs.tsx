'use client';

import { Button, Group } from '@mantine/core';
import { useDialogs } from '../dialogs';
import { toast } from '../toast';
import { NAMES } from './samples';

const nothing = () => undefined;

export function Dialogs() {
  const open = useDialogs();
  const body = (close: () => void) => (
    <>
      <p>{NAMES.join(', ')}</p>
      <Button mt="md" onClick={close}>
        Close
      </Button>
    </>
  );
  const shown: [string, () => void][] = [
    ['A dialog', () => open({ title: NAMES[2], body })],
    ['A large one', () => open({ title: 'Create member', size: 'lg', body })],
    ['At the side', () => open({ title: NAMES[3], side: true, body })],
    ['A toast', () => toast({ message: 'Saved.' })],
    ['With an undo', () => toast({ message: `$20.50 credited to ${NAMES[5]}.`, undo: nothing })],
    ['A bad one', () => toast({ message: 'No response from the server.', tone: 'bad' })],
  ];
  return (
    <Group gap="xs">
      {shown.map(([label, show]) => (
        <Button key={label} variant="default" onClick={show}>
          {label}
        </Button>
      ))}
    </Group>
  );
}
