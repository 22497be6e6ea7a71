import type { Vault } from '../vault';

/** What stands in a mailed link: its id, and what proves that it was made here. */
export const linkToken = (vault: Vault, id: string): string =>
  `${id.replaceAll('-', '')}.${vault.sign('mailed-link', id)}`;
