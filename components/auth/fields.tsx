'use client';

import { PasswordInput, TextInput } from '@mantine/core';
import { Note } from '@/components/ui/pieces';

/** `first`: the one that the form begins with. */
type Field = { label?: string; name?: string; error?: string | undefined; first?: boolean };

const SHOW = { 'aria-label': 'Show password', tabIndex: 0 };

/** An address, as it is typed. */
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

/** The password that there is. */
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

/** A password that is to be. */
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

/** A code of the app, or a recovery code. */
export const CodeField = ({ label = 'Code', name = 'code', error, note, first = false }: Field & { note?: string }) => (
  <TextInput
    label={label}
    name={name}
    description={note}
    autoComplete="one-time-code"
    autoCapitalize="none"
    spellCheck={false}
    error={error}
    // oxlint-disable-next-line jsx-a11y/no-autofocus -- it is asked for just now
    autoFocus={first}
    data-autofocus={first || undefined}
    required
    withAsterisk={false}
  />
);

/** What went wrong with the whole; read out at once, and no room taken before. */
export const Fault = ({ text }: { text: string | undefined }) => (
  <div role="alert">{text !== undefined && <Note tone="bad">{text}</Note>}</div>
);
