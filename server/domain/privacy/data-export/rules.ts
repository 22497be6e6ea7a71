/** So much of what was done and mailed stands in a person's own data at most; the newest. */
export const EXPORTED_MAX = 10_000;
