import { printId } from '../ids';
import type { Vault } from '../vault';

/** An invitation's link. It holds which version and which way it is of; only a mailed one proves the address. */
export function invitationUrl(
  { vault, appUrl }: { vault: Vault; appUrl: string },
  { id, version }: { id: string; version: number },
  way: 'mailed' | 'copied',
): string {
  const signature = vault.sign('invitation', `${id}.${version}.${way}`);
  return `${appUrl}/invite/${printId('inv', id)}.${version}.${way}.${signature}`;
}
