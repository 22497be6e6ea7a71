'use client';

import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { isChecking, RefusalNote, WaitingNote } from './CommandNote';
import type { FormState } from './useCommandForm';
import styles from './form.module.css';

/** The parts of a dialog below each other. */
export const FormStack = ({ children }: { children: ReactNode }) => <div className={styles.form}>{children}</div>;

/** The buttons at the end of a dialog or a form. */
export const FormFoot = ({ children }: { children: ReactNode }) => <div className={styles.foot}>{children}</div>;

type Props = {
  form: FormState;
  /** The label of the submit button. */
  submit: ReactNode;
  /** True for a command that can't be undone. */
  isDangerous?: boolean;
  /** False disables the submit button, while the form itself says why. */
  isReady?: boolean;
  /** True for settings, which are saved once something was changed. */
  needsChange?: boolean;
  /** True gives the submit button the focus when the dialog opens. */
  isFirst?: boolean;
  /** True gives Cancel the focus instead. */
  isCautious?: boolean;
  /** True makes the submit button as wide as the form. */
  isWide?: boolean;
  onCancel?: (() => void) | undefined;
  /** More buttons, before the others. */
  more?: ReactNode;
  children?: ReactNode;
};

/**
 * Lays out a form: its fields, one message above the submit, and the buttons. Without JavaScript the browser posts named
 * fields, so that no text gets into a URL.
 */
export function Form({ form, isFirst = false, isWide = false, children, ...foot }: Props) {
  const { attach, isSending, refusal, onSubmit } = form;
  const { isReady = true, needsChange = false, isDangerous = false, submit } = foot;
  const button = (
    <Button
      type="submit"
      {...(isDangerous && { color: 'red' })}
      disabled={!isReady || (needsChange && !form.isDirty)}
      loading={isSending}
      data-autofocus={isFirst || undefined}
    >
      {submit}
    </Button>
  );
  return (
    <form ref={attach} method="post" className={styles.form} noValidate onSubmit={onSubmit}>
      {form.isRestored && <Restored onStartOver={form.start} />}
      {children}
      {isSending && isChecking(form.command) && <WaitingNote>{form.waiting}</WaitingNote>}
      {refusal !== null && refusal !== '' && <RefusalNote>{refusal}</RefusalNote>}
      {isWide ? button : <Foot form={form} button={button} {...foot} />}
    </form>
  );
}

type FootProps = Pick<Props, 'form' | 'needsChange' | 'isCautious' | 'onCancel' | 'more'> & { button: ReactNode };

function Foot({ form, button, needsChange, isCautious, onCancel, more }: FootProps) {
  return (
    <FormFoot>
      {needsChange && form.isDirty && <span className="muted">Unsaved changes</span>}
      {more}
      {onCancel && (
        <Button variant="default" data-autofocus={isCautious || undefined} onClick={onCancel}>
          {form.isSending && isChecking(form.command) ? 'Close' : 'Cancel'}
        </Button>
      )}
      {button}
    </FormFoot>
  );
}

const Restored = ({ onStartOver }: { onStartOver: () => void }) => (
  <p className={styles.restored}>
    <span className="muted">Your draft was restored.</span>
    <Button variant="subtle" size="compact-sm" onClick={() => onStartOver()}>
      Start over
    </Button>
  </p>
);
