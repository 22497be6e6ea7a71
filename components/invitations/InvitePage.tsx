'use client';

import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useRef, useState, type FormEvent, type ReactNode, type RefObject } from 'react';
import { isUnanswered, problemOf, sayProblem, useTRPC } from '@/components/data';
import styles from '@/components/account/account.module.css';
import { postSignIn, signOut } from '@/components/auth/session';
import { NewKey } from '@/components/api-keys/NewKey';
import { toMicros } from '@/server/domain/core/money';
import { formatMoney } from '@/components/ui/money/format';
import { Failed } from '@/components/ui/Failed';
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
      {ask.isError && (
        <Note tone="bad" alert>
          {sayProblem(ask.error)}
        </Note>
      )}
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
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const accept = useAccept(onChanged, onJoined);
  const { problem, isBusy } = accept;
  const errorOf = (field: string) => problem?.errors?.find(({ pointer }) => pointer === `/${field}`)?.detail;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const called = name.current?.value.trim();
    const chosen = {
      ...(called && { name: called }),
      ...(needsPassword && { password: password.current?.value ?? '' }),
    };
    if (!isBusy) void accept.join({ token, ...chosen });
  };
  return (
    <form method="post" className={styles.form} onSubmit={submit} noValidate>
      <div role="alert">
        {problem && !problem.errors?.length && <Note tone="bad">{sayProblem(accept.error)}</Note>}
        {accept.isWaiting && <Note>Still waiting. We’re retrying safely.</Note>}
      </div>
      {link.as === 'renew' && (
        <Note>
          An account with this email exists but was never verified. Choose a new password: the old password, sessions
          and two-factor will be removed.
        </Note>
      )}
      {isNew && (
        <TextInput
          ref={name}
          label="Your name"
          name="name"
          defaultValue={link.name ?? ''}
          autoComplete="name"
          error={errorOf('name')}
          required
          withAsterisk={false}
        />
      )}
      {needsPassword && <NewPassword link={link} field={password} error={errorOf('password')} />}
      <Button type="submit" loading={isBusy}>
        Join {link.team.name}
      </Button>
      {link.as === 'new-or-sign-in' && (
        <p>
          Already have an account? <Link href={`/sign-in?next=${encodeURIComponent(`/invite/${token}`)}`}>Sign in</Link>{' '}
          to join.
        </p>
      )}
      <Decline token={token} onDone={onChanged} />
    </form>
  );
}

type PasswordProps = { link: OpenedLink; field: RefObject<HTMLInputElement | null>; error: string | undefined };

/** Includes the email address so that the browser's password manager can store both. */
const NewPassword = ({ link, field, error }: PasswordProps) => (
  <>
    <input type="hidden" name="username" autoComplete="username" value={link.email} readOnly />
    <PasswordInput
      ref={field}
      label={link.as === 'renew' ? 'New password' : 'Password'}
      name="password"
      description="Use at least 12 characters."
      autoComplete="new-password"
      error={error}
      visibilityToggleButtonProps={{ 'aria-label': 'Show password', tabIndex: 0 }}
      required
      withAsterisk={false}
    />
  </>
);

type Accept = { token: string; name?: string; password?: string };

/** An accepted invitation: the path to open next and the secrets to show once. */
type Arrived = { to: string; apiKey: string | null; balance: string | null; creditMissing: boolean };

/** Accepts the invitation, signs in with a new password, then shows the secrets or opens the team. */
function useAccept(onChanged: () => void, onJoined: (joined: Arrived) => void) {
  const [isEntering, setEntering] = useState(false);
  const result = useMutation(
    useTRPC().joining.acceptInvitation.mutationOptions({
      meta: { leaves: true },
      // The invitation may have been closed meanwhile, or accepted by a call whose response was lost; the page shows
      // which.
      onError: (error) => problemOf(error)?.code === 'invitation_closed' && onChanged(),
    }),
  );
  const join = async (input: Accept) => {
    const joined = await result.mutateAsync(input).catch(() => null);
    if (!joined) return;
    setEntering(true);
    const entered = input.password === undefined || (await postSignIn(joined.email, input.password)).ok;
    const to = entered ? `/${joined.slug}` : `/sign-in?next=/${joined.slug}`;
    const { apiKey, balance, creditMissing } = joined;
    if (apiKey === null && !creditMissing) return window.location.assign(to);
    return onJoined({ to, apiKey, balance, creditMissing });
  };
  return {
    join,
    error: result.error,
    isBusy: result.isPending || isEntering,
    isWaiting: result.isPending && result.failureCount > 0 && isUnanswered(result.failureReason),
    problem: result.isPending ? undefined : problemOf(result.error),
  };
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
