'use client';

import { Anchor, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { CommandNote } from '@/components/ui/form/CommandNote';
import { FormFoot, FormStack } from '@/components/ui/form/Form';
import { useShell } from '@/components/layout/useShell';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/money/Money';
import { Facts, Note } from '@/components/ui/pieces';
import './invitations.module.css';
import { ROLE_LABELS } from '@/components/members/labels';
import {
  Delivery,
  INVITATION_STATUS_LABELS,
  InvitationStatus,
  inviterLost,
  isOpen,
  isWithheld,
  type Invitation,
} from './labels';
import { LinkToShare } from './LinkToShare';
import { useInvitationActions, useLinkReveal } from './useInvitationActions';

/** Shows one invitation with its current state, its link and its actions. */
export function InvitationDetail({ invitation: shown, onClose }: { invitation: Invitation; onClose: () => void }) {
  const { team } = useShell();
  const result = useQuery(
    useTRPC().invitations.browseInvitations.queryOptions({ query: shown.email, page: 1, pageSize: 100 }),
  );
  const invitation = result.data?.data.find(({ id }) => id === shown.id) ?? shown;
  const act = useInvitationActions();
  return (
    <FormStack>
      {invitation.delivery === 'bounced' && (
        <Note tone="bad">
          Email not delivered{invitation.mailError && `: ${invitation.mailError}`}. Share the link yourself.
        </Note>
      )}
      {invitation.requestedAt !== null && invitation.status === 'expired' && (
        <Note tone="warn">A new link was requested.</Note>
      )}
      {inviterLost(invitation) && (
        <Note tone="warn">
          {inviterLost(invitation)!.sentence} The link no longer works. You can send a new invitation.
        </Note>
      )}
      {invitation.creditMissing && (
        <Note tone="warn">
          The starting credit wasn’t paid on acceptance because the master balance was too low. Credit the member
          manually.
        </Note>
      )}
      <Facts of={factsOf(invitation, team.currency)} />
      {invitation.url !== null && <LinkToShare url={invitation.url} />}
      {isWithheld(invitation) && <WithheldLink invitation={invitation} />}
      {invitation.status === 'accepted' && invitation.memberId !== null && (
        <Anchor component={Link} href={`/${team.slug}/members/${invitation.memberId}`} prefetch={false} size="sm">
          Open {invitation.memberName ?? 'the member'}
        </Anchor>
      )}
      {isOpen(invitation) && (
        <FormFoot>
          <Button
            variant="default"
            color="red"
            onClick={() => {
              act.revoke(invitation);
              onClose();
            }}
          >
            Revoke
          </Button>
          <Button onClick={() => act.resend(invitation)}>Resend</Button>
        </FormFoot>
      )}
    </FormStack>
  );
}

function factsOf(invitation: Invitation, currency: string): [string, ReactNode][] {
  const { recharge, credit, closedAt, memberName } = invitation;
  const facts: [string, ReactNode][] = [
    ['Status', <InvitationStatus key="s" {...invitation} />],
    ['Email', <Delivery key="d" {...invitation} />],
    ['Name', invitation.name ?? 'Chosen on acceptance'],
    ['Role', ROLE_LABELS[invitation.role]],
    [
      'Starting credit',
      credit === null ? 'None' : <Money key="c" amount={toMicros(credit)} currency={currency} decimals="all" />,
    ],
    ['Auto-recharge', recharge === null ? 'None' : 'Added on acceptance'],
    ['Invited by', invitation.invitedBy],
    ['Invited', <Instant key="at" at={invitation.createdAt} />],
  ];
  if (memberName !== null) facts.push([closedAt ? 'Member' : 'Claims', memberName]);
  if (isOpen(invitation))
    facts.push([
      invitation.status === 'expired' ? 'Expired' : 'Expires',
      <Instant key="e" at={invitation.expiresAt} />,
    ]);
  if (closedAt !== null) facts.push([INVITATION_STATUS_LABELS[invitation.status], <Instant key="x" at={closedAt} />]);
  return facts;
}

/** Shows a link that grants the owner role or an API key only after the user confirms their identity. */
function WithheldLink({ invitation }: { invitation: Invitation }) {
  const open = useLinkReveal();
  if (open.data) return <LinkToShare url={open.data.url} />;
  return (
    <div>
      <p className="muted">{sayWithheld(invitation)} Confirm your identity to see its link.</p>
      <CommandNote mutation={open} />
      <Button
        size="xs"
        variant="default"
        loading={open.isPending}
        onClick={() => open.mutate({ invitationId: invitation.id })}
      >
        Show link
      </Button>
    </div>
  );
}

const sayWithheld = ({ role, memberName }: Invitation): string =>
  memberName === null || role === 'owner'
    ? 'This invitation grants the owner role.'
    : `This invitation gives access to ${memberName} and its API key.`;
