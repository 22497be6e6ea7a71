'use client';

import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { useMemo } from 'react';
import { useTRPC } from '@/components/data';
import { filled } from '@/components/ui/form/useCommandForm';
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

/** Returns the command that sends a message to its recipients: all are charged and accepted, or none. */
export function useSend(onSent: (sent: Sent) => void) {
  const trpc = useTRPC();
  const one = useMutation(trpc.messages.sendMessage.mutationOptions());
  const many = useMutation(trpc.messages.sendBatch.mutationOptions());
  const mutateAsync = async ({ messages, onBehalfOf, left }: Batch) => {
    // An earlier attempt may have used the other mutation, so both are reset.
    one.reset();
    many.reset();
    const [first, ...others] = messages;
    const accepted =
      first && others.length === 0
        ? [await one.mutateAsync({ ...first, onBehalfOf })]
        : (await many.mutateAsync({ messages, onBehalfOf })).data;
    onSent({ messages: accepted, left });
  };
  const { failureCount, failureReason } = many.isIdle ? one : many;
  return { mutateAsync, failureCount, failureReason };
}

/** A send with the recipients that were left out. */
export type Sent = { messages: Accepted[]; left: Preview['rows'] };
export type Batch = ReturnType<typeof batchOf>;

/** Returns the input that sends a draft to its valid recipients, and the recipients that are left out. */
export function batchOf({ member, body, reference, from: typed }: Draft, rows: Preview['rows']) {
  const from = checkSender(typed);
  const rest = { body, ...(from !== null && { from }), ...filled({ reference }) };
  return {
    messages: rows.flatMap(({ to, error }) => (error === null ? [{ to, ...rest }] : [])),
    onBehalfOf: member,
    left: rows.filter(({ error }) => error !== null),
  };
}
