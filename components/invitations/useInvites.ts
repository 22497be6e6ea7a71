'use client';

import { useRef } from 'react';
import { printAmount } from '@/server/domain/core/money';
import { useBulk } from '@/components/bulk/useBulk';
import { useTRPCClient } from '@/components/data';
import { type Pasted } from './pasted';

/** A pasted row without a problem. */
export type Invited = Omit<Pasted, 'line' | 'problem'>;

/** Returns the input of a row, or nothing for one with a problem. */
export const rowInput = ({ line: _line, problem, ...input }: Pasted): Invited[] =>
  problem === undefined ? [input] : [];

/** Returns a row as the API takes it. */
export const wireOf = ({ credit, ...input }: Invited) => ({
  ...input,
  ...(credit !== undefined && { credit: printAmount(credit) }),
});

/** Returns the command that invites many people, and the links that were made, by address. */
export function useInvites() {
  const client = useTRPCClient();
  const links = useRef(new Map<string, string>());
  const bulk = useBulk(async (input: ReturnType<typeof wireOf>) => {
    const { url, delivery } = await client.invitations.createInvitation.mutate(input);
    if (url) links.current.set(input.email, url);
    return delivery === 'none' ? 'Created · copy the link' : 'Emailed';
  });
  return { bulk, links };
}
