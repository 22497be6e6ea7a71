/** What stands where the name of an erased person stood; SQL knows it by the same words. */
export const ERASED_NAME = 'Erased person';

/** The sign-in of an erased person: nothing is ever mailed to it, and nobody can have it. */
export const erasedEmail = (userId: string): string => `erased-${userId}@members.invalid`;
