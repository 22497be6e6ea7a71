'use client';

import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { useMemo } from 'react';
import { useTRPC } from '@/components/data';
import { readRecipients } from './recipients';
import { checkSender } from '@/server/domain/core/sender';
import { BATCH_MAX, BODY_MAX } from '@/server/domain/messaging/messages/rules';

/** A message while it is written. `member` sends and pays for it; null stands for the user's own member. */
export type Draft = { member: string | null; to: string; from: string; body: string; reference: string };

export type Preview = inferOutput<ReturnType<typeof useTRPC>['messages']['previewMessages']>;
export type Accepted = inferOutput<ReturnType<typeof useTRPC>['messages']['sendMessage']>;

/** Previews the recipients and the cost of a draft, and returns what still prevents sending. */
export function usePreview(draft: Draft) {
  const { numbers, repeated: twice } = useMemo(() => readRecipients(draft.to), [draft.to]);
  const from = checkSender(draft.from);
  const isBadSender = draft.from.trim() !== '' && from === null;
  const isTooLong = Array.from(draft.body).length > BODY_MAX;
  const question = useMemo(
    () => ({
      onBehalfOf: draft.member,
      ...(from !== null && { from }),
      body: isTooLong ? '' : draft.body,
      to: numbers.slice(0, BATCH_MAX),
    }),
    [draft.member, draft.body, from, isTooLong, numbers],
  );
  const [debounced] = useDebouncedValue(question, 200);
  const preview = useQuery(
    useTRPC().messages.previewMessages.queryOptions(debounced, { placeholderData: keepPreviousData }),
  );
  const rows = preview.data?.rows;
  const ready = useMemo(() => rows?.filter(({ error }) => error === null) ?? [], [rows]);
  const isStale = debounced !== question || preview.isPlaceholderData || preview.isError;
  const needsSender = draft.from.trim() === '' && preview.data?.sender === null;
  const problems = {
    to: numbers.length > BATCH_MAX ? `At most ${BATCH_MAX} recipients at once.` : undefined,
    from: isBadSender
      ? 'Use 1–11 letters, digits and spaces with at least one letter, or a number of 3–15 digits.'
      : needsSender && numbers.length > 0
        ? 'Enter a sender. The team has no default.'
        : undefined,
    body: isTooLong ? `At most ${BODY_MAX} characters.` : undefined,
  };
  const repeated = twice + (preview.data?.repeated ?? 0);
  const isFine = Object.values(problems).every((problem) => problem === undefined);
  const canSend = ready.length > 0 && draft.body !== '' && isFine && preview.data?.covered === true && !isStale;
  return { preview, ready, repeated, isStale, problems, canSend };
}

/** Sends a draft to its valid recipients: all are charged and accepted, or none. */
export function useSend(draft: Draft, ready: Preview['rows'], onSent: (sent: Accepted[]) => void) {
  const trpc = useTRPC();
  const one = useMutation(trpc.messages.sendMessage.mutationOptions({ onSuccess: (message) => onSent([message]) }));
  const many = useMutation(trpc.messages.sendBatch.mutationOptions({ onSuccess: ({ data }) => onSent(data) }));
  const send = () => {
    // An earlier attempt may have used the other mutation, so both are reset.
    one.reset();
    many.reset();
    const { messages, onBehalfOf } = batchOf(draft, ready);
    if (messages.length === 1) one.mutate({ ...messages[0]!, onBehalfOf });
    else many.mutate({ messages, onBehalfOf });
  };
  return { mutation: many.isIdle ? one : many, send };
}

function batchOf({ member, body, reference, from: typed }: Draft, ready: Preview['rows']) {
  const from = checkSender(typed);
  const rest = { body, ...(from !== null && { from }), ...(reference && { reference }) };
  return { messages: ready.map(({ to }) => ({ to, ...rest })), onBehalfOf: member };
}
