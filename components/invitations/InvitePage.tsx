'use client';

import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useState, type ReactNode } from 'react';
import { problemOf, useTRPC } from '@/components/data';
import styles from '@/components/account/account.module.css';
import { checkNewPassword, NewPasswordField, Username } from '@/components/auth/fields';
import { YourName } from '@/components/auth/NewTeam';
import { postSignIn, signOut } from '@/components/auth/session';
import { NewKey } from '@/components/api-keys/NewKey';
import { toMicros } from '@/server/domain/core/money';
import { formatMoney } from '@/components/ui/money/format';
import { Failed } from '@/components/ui/Failed';
import { CommandNote } from '@/components/ui/form/CommandNote';
import { Form } from '@/components/ui/form/Form';
import { filled, useCommandForm } from '@/components/ui/form/useCommandForm';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/money/Money';
import { Facts, Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { ROLE_LABELS } from '@/components/members/labels';
import { CLOSED_LABELS, type OpenedLink } from './labels';

/** The page of an invitation link: the offer with the one way to accept it, or the reason why it is closed. */
export function InvitePage({ token }: { token: string }) {
  const result = useQuery(useTRPC().joining.readLink.queryOptions({ token }));
  const link = result.data;
  // Held here because a refetch finds the link accepted, which would unmount the secrets that are shown once.
  const [joined, setJoined] = useState<Arrived | null>(null);
  return (
    <main className={styles.alone}>
      <p className={styles.product}>Purser</p>
      {!link && result.isError && <Failed problem={problemOf(result.error)} onRetry={() => void result.refetch()} />}
      {link === null && <Unknown />}
      {link && joined && <Arrival joined={joined} link={link} />}
      {link && !joined && link.state !== 'open' && <ClosedLink link={link} token={token} />}
      {link?.state === 'open' && !joined && (
        <Offer link={link} token={token} onChanged={() => void result.refetch()} onJoined={setJoined} />
      )}
    </main>
  );
}

const Unknown = () => (
  <>
    <h1>Invalid link</h1>
    <p>The link is incomplete or wrong. Open it again from the email, or copy all of it.</p>
    <HomeLink />
  </>
);

const HomeLink = () => (
  <p>
    <Link href="/">Open Purser</Link>
  </p>
);

type Props = { link: OpenedLink; token: string };

function ClosedLink({ link, token }: Props) {
  const { title, text } = CLOSED_LABELS[link.state as keyof typeof CLOSED_LABELS];
  return (
    <>
      <h1>{title}</h1>
      <p>{text(link.team.name, link.as === 'member')}</p>
      {link.state === 'expired' && <RequestLink link={link} token={token} />}
      {!['accepted', 'expired'].includes(link.state) && <HomeLink />}
      {link.state === 'accepted' &&
        (link.as === 'member' ? (
          <Button component={Link} href={`/${link.team.slug}`}>
            Go to {link.team.name}
          </Button>
        ) : (
          <Button component={Link} href="/sign-in">
            Sign in
          </Button>
        ))}
    </>
  );
}

function RequestLink({ link, token }: Props) {
  const ask = useMutation(useTRPC().joining.requestInvitation.mutationOptions());
  if (link.requested || ask.isSuccess) return <Note>New link requested. The team’s owners can see your request.</Note>;
  return (
    <>
      <CommandNote mutation={ask} />
      <Button onClick={() => ask.mutate({ token })} loading={ask.isPending}>
        Request a new link
      </Button>
    </>
  );
}

function Offer({ link, token, onChanged, onJoined }: AcceptanceProps) {
  const facts: [string, ReactNode][] = [
    ['For', link.email],
    ['Invited by', link.invitedBy],
    ['Role', ROLE_LABELS[link.role]],
    ...(link.claims === null ? [] : ([['Claims', link.claims]] as [string, ReactNode][])),
    ...(link.credit === null
      ? []
      : ([
          ['Starting credit', <Money key="c" amount={toMicros(link.credit)} currency={link.currency} decimals="all" />],
        ] as [string, ReactNode][])),
    ['Expires', <Instant key="e" at={link.expiresAt} />],
  ];
  return (
    <>
      <h1>Join {link.team.name}</h1>
      <Facts of={facts} />
      <Acceptance link={link} token={token} onChanged={onChanged} onJoined={onJoined} />
    </>
  );
}

type AcceptanceProps = Props & { onChanged: () => void; onJoined: (joined: Arrived) => void };

/** The one way to accept that fits the visitor. */
function Acceptance({ link, token, onChanged, onJoined }: AcceptanceProps) {
  const here = `/invite/${token}`;
  if (link.as === 'member') {
    return (
      <>
        <Note>You’re already a member of {link.team.name}.</Note>
        <Button component={Link} href={`/${link.team.slug}`}>
          Go to {link.team.name}
        </Button>
      </>
    );
  }
  if (link.as === 'other') {
    return (
      <>
        <Note>You’re signed in with a different email. This invitation is for {link.email}.</Note>
        <Button onClick={() => void signOut().finally(() => window.location.assign(here))}>Switch account</Button>
      </>
    );
  }
  if (link.as === 'sign-in') {
    return (
      <>
        <p>You already have an account with this email. Sign in to join.</p>
        <Button component={Link} href={`/sign-in?next=${encodeURIComponent(here)}`}>
          Sign in
        </Button>
        <Decline token={token} onDone={onChanged} />
      </>
    );
  }
  return <Join link={link} token={token} onChanged={onChanged} onJoined={onJoined} />;
}

function Join({ link, token, onChanged, onJoined }: AcceptanceProps) {
  const needsPassword = link.as !== 'join';
  const isNew = link.as === 'new' || link.as === 'new-or-sign-in';
  const form = useCommandForm({
    initial: { name: link.name ?? '', password: '' },
    command: useAccept(onChanged, onJoined),
    inputOf: ({ name, password }) => ({
      token,
      ...(isNew && filled({ name: name.trim() })),
      ...(needsPassword && { password }),
    }),
    check: (typed) => (needsPassword ? checkNewPassword(typed) : {}),
    mode: 'uncontrolled',
  });
  return (
    <>
      <Form form={form} submit={`Join ${link.team.name}`} isWide>
        {link.as === 'renew' && (
          <Note>
            An account with this email exists but was never verified. Choose a new password: the old password, sessions
            and two-factor will be removed.
          </Note>
        )}
        {isNew && <YourName {...form.field('name')} />}
        {needsPassword && (
          <>
            <Username email={link.email} />
            <NewPasswordField label={link.as === 'renew' ? 'New password' : 'Password'} {...form.field('password')} />
          </>
        )}
      </Form>
      {link.as === 'new-or-sign-in' && (
        <p>
          Already have an account? <Link href={`/sign-in?next=${encodeURIComponent(`/invite/${token}`)}`}>Sign in</Link>{' '}
          to join.
        </p>
      )}
      <Decline token={token} onDone={onChanged} />
    </>
  );
}

type Accept = { token: string; name?: string; password?: string };

/** An accepted invitation: the path to open next and the secrets to show once. */
type Arrived = { to: string; apiKey: string | null; balance: string | null; creditMissing: boolean };

/** Accepts the invitation, signs in with a new password, then shows the secrets or opens the team. */
function useAccept(onChanged: () => void, onJoined: (joined: Arrived) => void) {
  const accept = useMutation(
    useTRPC().joining.acceptInvitation.mutationOptions({
      meta: { leaves: true },
      // The invitation may have been closed meanwhile, or accepted by a call whose response was lost; the page shows
      // which.
      onError: (error) => problemOf(error)?.code === 'invitation_closed' && onChanged(),
    }),
  );
  const mutateAsync = async (input: Accept) => {
    const { apiKey, balance, creditMissing, email, slug } = await accept.mutateAsync(input);
    const entered = input.password === undefined || (await postSignIn(email, input.password)).ok;
    const to = entered ? `/${slug}` : `/sign-in?next=/${slug}`;
    if (apiKey === null && !creditMissing) window.location.assign(to);
    else onJoined({ to, apiKey, balance, creditMissing });
  };
  return { mutateAsync, failureCount: accept.failureCount, failureReason: accept.failureReason };
}

function Arrival({ joined, link }: { joined: Arrived; link: OpenedLink }) {
  const { locale } = useLocale();
  const { to, apiKey, balance, creditMissing } = joined;
  const { name } = link.team;
  // A full page load, because the session is new and none of the fetched data belongs to it.
  const go = () => window.location.assign(to);
  const empty = balance !== null && toMicros(balance) === 0n ? formatMoney(0n, link.currency, locale) : undefined;
  return (
    <>
      <h1>You joined {name}</h1>
      {creditMissing && (
        <Note tone="warn">
          The starting credit hasn’t been paid because the team’s balance is too low. The owners were notified.
        </Note>
      )}
      {apiKey === null ? (
        <Button onClick={go}>Go to {name}</Button>
      ) : (
        <NewKey apiKey={apiKey} empty={empty} done={`Go to ${name}`} onClose={go} />
      )}
    </>
  );
}

function Decline({ token, onDone }: { token: string; onDone: () => void }) {
  const [isConfirming, setConfirming] = useState(false);
  const decline = useMutation(useTRPC().joining.declineInvitation.mutationOptions({ onSettled: onDone }));
  if (!isConfirming) {
    return (
      <Button variant="subtle" color="gray" onClick={() => setConfirming(true)}>
        Decline
      </Button>
    );
  }
  return (
    <Note
      action={
        <Button
          variant="default"
          size="compact-sm"
          loading={decline.isPending}
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- it replaces the button that was pressed
          autoFocus
          onClick={() => decline.mutate({ token })}
        >
          Decline invitation
        </Button>
      }
    >
      The link will stop working, and the team will see that you declined.
    </Note>
  );
}
