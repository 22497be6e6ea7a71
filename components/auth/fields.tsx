'use client';

import { PasswordInput, TextInput } from '@mantine/core';
import { Note } from '@/components/ui/pieces';

/** `first` marks the field that has the focus at first. */
type Field = { label?: string; name?: string; error?: string | undefined; first?: boolean };

const SHOW = { 'aria-label': 'Show password', tabIndex: 0 };

export const EmailField = ({ label = 'Email', name = 'email', error, first = false }: Field) => (
  <TextInput
    label={label}
    name={name}
    type="text"
    inputMode="email"
    autoComplete="username"
    autoCapitalize="none"
    spellCheck={false}
    error={error}
    // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is this form
    autoFocus={first}
    required
    withAsterisk={false}
  />
);

/** The current password. */
export const PasswordField = ({ label = 'Password', name = 'password', error, first = false }: Field) => (
  <PasswordInput
    label={label}
    name={name}
    autoComplete="current-password"
    visibilityToggleButtonProps={SHOW}
    error={error}
    data-autofocus={first || undefined}
    required
    withAsterisk={false}
  />
);

export const NewPasswordField = ({ label = 'New password', name = 'password', error, first = false }: Field) => (
  <PasswordInput
    label={label}
    name={name}
    description="At least 12 characters. Common passwords are refused."
    autoComplete="new-password"
    visibilityToggleButtonProps={SHOW}
    error={error}
    // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is this form
    autoFocus={first}
    required
    withAsterisk={false}
  />
);

/** A code from the authenticator app, or a recovery code. */
export const CodeField = ({ label = 'Code', name = 'code', error, note, first = false }: Field & { note?: string }) => (
  <TextInput
    label={label}
    name={name}
    description={note}
    autoComplete="one-time-code"
    autoCapitalize="none"
    spellCheck={false}
    error={error}
    // oxlint-disable-next-line jsx-a11y/no-autofocus -- the user has just been asked for it
    autoFocus={first}
    data-autofocus={first || undefined}
    required
    withAsterisk={false}
  />
);

/** The form's general error, announced by screen readers; takes no space while there is none. */
export const Fault = ({ text }: { text: string | undefined }) => (
  <div role="alert">{text !== undefined && <Note tone="bad">{text}</Note>}</div>
);
