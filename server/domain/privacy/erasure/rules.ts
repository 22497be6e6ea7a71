/** The text that replaces the name of an erased user; SQL functions use the same text. */
export const ERASED_NAME = 'Erased person';

/** The sign-in address of an erased user: it receives no email, and nobody can register it. */
export const erasedEmail = (userId: string): string => `erased-${userId}@members.invalid`;
