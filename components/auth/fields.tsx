'use client';

import { PasswordInput, TextInput } from '@mantine/core';
import type { ChangeEvent, ReactNode } from 'react';
import { MIN_PASSWORD_LENGTH } from '@/server/domain/identity/passwords/rules';

/** The properties of a form's field. `first` marks the field that has the focus at first. */
type Field = { label?: string; first?: boolean; onChange: (event: ChangeEvent) => void; error: ReactNode };

const SHOW = { 'aria-label': 'Show password', tabIndex: 0 };

export const EmailField = ({ label = 'Email', first = false, ...field }: Field) => (
  <TextInput
    label={label}
    type="text"
    inputMode="email"
    autoComplete="username"
    autoCapitalize="none"
    spellCheck={false}
    {...field}
    // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is this form
    autoFocus={first}
    required
    withAsterisk={false}
  />
);

/** The current password. */
export const PasswordField = ({ label = 'Password', first = false, ...field }: Field) => (
  <PasswordInput
    label={label}
    autoComplete="current-password"
    visibilityToggleButtonProps={SHOW}
    aria-invalid={Boolean(field.error) || undefined}
    {...field}
    data-autofocus={first || undefined}
    required
    withAsterisk={false}
  />
);

export const NewPasswordField = ({ label = 'New password', first = false, ...field }: Field) => (
  <PasswordInput
    label={label}
    description={`At least ${MIN_PASSWORD_LENGTH} characters. Common passwords are refused.`}
    autoComplete="new-password"
    visibilityToggleButtonProps={SHOW}
    aria-invalid={Boolean(field.error) || undefined}
    {...field}
    // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is this form
    autoFocus={first}
    required
    withAsterisk={false}
  />
);

/** A code from the authenticator app, or a recovery code. */
export const CodeField = ({ label = 'Code', note, first = false, ...field }: Field & { note?: string }) => (
  <TextInput
    label={label}
    description={note}
    autoComplete="one-time-code"
    autoCapitalize="none"
    spellCheck={false}
    {...field}
    // oxlint-disable-next-line jsx-a11y/no-autofocus -- the user has just been asked for it
    autoFocus={first}
    data-autofocus={first || undefined}
    required
    withAsterisk={false}
  />
);

/** Lets the browser's password manager store the address together with a new password. */
export const Username = ({ email }: { email: string }) => (
  <input type="text" name="email" autoComplete="username" value={email} readOnly hidden />
);

/** Returns the error of a new password that is too short; the server knows the common ones. */
export const checkNewPassword = ({ password }: { password: string }) => ({
  password: password.length < MIN_PASSWORD_LENGTH ? `Use at least ${MIN_PASSWORD_LENGTH} characters.` : undefined,
});
