'use client';

import '@mantine/spotlight/styles.css';
import { Spotlight, spotlight } from '@mantine/spotlight';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { useInvitationDialogs } from '@/components/invitations/useInvitationDialogs';
import { useMemberDialogs } from '@/components/members/useMemberActions';
import { formatMoney } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';
import { useShortcutList } from '@/components/ui/shortcuts';
import { useShell } from './useShell';

const SHOWN = 8;

/**
 * Scrollable content must be reachable by keyboard. The list passes these props to its scroll area, which its types do
 * not declare.
 */
const SCROLLED = { viewportProps: { tabIndex: 0 } };

/** The command palette: finds members by name, email or ID, and runs the page's commands. */
export function Palette({ opened }: { opened: number }) {
  const { team, me } = useShell();
  const [query, setQuery] = useState('');
  const list = useShortcutList();
  const router = useRouter();
  const { create } = useMemberDialogs();
  const { invite } = useInvitationDialogs();
  const owner = me.role === 'owner';
  // Opens on every key press, and once when it has just been loaded.
  useEffect(() => {
    if (opened > 0) spotlight.open();
  }, [opened]);
  const matches = (label: string) => label.toLowerCase().includes(query.trim().toLowerCase());
  const go = (path: string) => () => router.push(path);
  const found = useMembers(owner ? query : '');
  const actions = [
    ...placesOf(me).map(([label, path]) => ({ label, run: go(`/${team.slug}${path}`) })),
    ...(owner
      ? [
          { label: 'Create member', run: create },
          { label: 'Invite someone', run: () => invite() },
        ]
      : []),
    { label: 'Teams', run: go('/account/teams') },
    ...list()
      .filter(({ keys }) => !['j', 'k', 'x', 'c', 'i'].includes(keys))
      .map(({ label, run }) => ({ label, run })),
  ].filter(({ label }) => matches(label));
  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      clearQueryOnClose
      attributes={{ content: { 'aria-label': 'Search' } }}
      overlayProps={{ blur: 0, backgroundOpacity: 0.4 }}
    >
      <Spotlight.Search
        placeholder={owner ? 'Search members or commands…' : 'Search commands…'}
        aria-label="Search"
        leftSection={<Search size={16} aria-hidden />}
      />
      <Spotlight.ActionsList {...SCROLLED}>
        {found.length > 0 && (
          <Spotlight.ActionsGroup label="Members">
            {found.map((member) => (
              <Member key={member.id} member={member} onClick={go(`/${team.slug}/members/${member.id}`)} />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {actions.length > 0 && (
          <Spotlight.ActionsGroup label="Actions">
            {actions.map(({ label, run }) => (
              <Spotlight.Action key={label} label={label} onClick={run} />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {found.length + actions.length === 0 && <Spotlight.Empty>No results for “{query.trim()}”</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

const placesOf = (me: { role: 'owner' | 'member'; memberId: string }): [string, string][] =>
  me.role === 'owner'
    ? [
        ['Overview', ''],
        ['Members', '/members'],
        ['Invitations', '/invitations'],
        ['Messages', '/messages'],
        ['Statistics', '/statistics'],
        ['Transfers', '/transfers'],
        ['Settings', '/settings'],
        ['Rates', '/settings/rates'],
        ['Security and privacy', '/settings/security'],
        ['Audit', '/settings/audit'],
      ]
    : [
        ['Overview', ''],
        ['My sub-account', `/members/${me.memberId}`],
        ['Messages', '/messages'],
        ['Statistics', '/statistics'],
        ['Transfers', '/transfers'],
      ];

type Found = { id: string; name: string; email: string; balance: string; currency: string };

function Member({ member, onClick }: { member: Found; onClick: () => void }) {
  const { locale } = useLocale();
  return (
    <Spotlight.Action
      label={member.name}
      description={`${member.email} · ${formatMoney(toMicros(member.balance), member.currency, locale)}`}
      onClick={onClick}
    />
  );
}

function useMembers(query: string): Found[] {
  const [wanted] = useDebouncedValue(query.trim(), 120);
  const trpc = useTRPC();
  const found = useQuery(
    trpc.members.browseMembers.queryOptions(
      { query: wanted, pageSize: SHOWN, sort: 'name', direction: 'asc', page: 1 },
      { enabled: wanted !== '', placeholderData: keepPreviousData },
    ),
  );
  return wanted === '' ? [] : (found.data?.data ?? []);
}
