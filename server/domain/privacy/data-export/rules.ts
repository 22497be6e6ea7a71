/** The most audit events and the most emails in a user's export; the newest are kept. */
export const EXPORTED_MAX = 10_000;
