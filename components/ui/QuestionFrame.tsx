'use client';

import { Button, Group, Modal } from '@mantine/core';
import { NO_BANNER } from './DialogFrame';

/** A question that is asked before typed text is lost. */
export type Question = {
  title: string;
  text: string;
  /** The labels of the buttons. */
  stay: string;
  leave: string;
  onLeave: () => void;
};

type Props = { question: Question; onAnswer: (leaves: boolean) => void };

/** Asks a question above the page and its dialog. Escape stays. */
export function QuestionFrame({ question: { title, text, stay, leave }, onAnswer }: Props) {
  return (
    <Modal
      opened
      onClose={() => onAnswer(false)}
      title={title}
      size="sm"
      zIndex={250}
      returnFocus={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
      attributes={NO_BANNER}
    >
      <p>{text}</p>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={() => onAnswer(true)}>
          {leave}
        </Button>
        <Button data-autofocus onClick={() => onAnswer(false)}>
          {stay}
        </Button>
      </Group>
    </Modal>
  );
}
