'use client';

import Link from 'next/link';
import type { ReactNode } from 'react';
import { FormStack } from '@/components/ui/form/Form';
import { useShell } from '@/components/layout/useShell';
import { CopyIconButton } from '@/components/ui/Copy';
import { Instant } from '@/components/ui/Instant';
import { decimalsOf } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { Facts } from '@/components/ui/pieces';
import auditStyles from './audit.module.css';
import { AuditAction, type AuditEvent } from './AuditLine';
import { ACTOR_LABELS, auditFields, CHANNEL_LABELS, fieldLabel, findAmount } from './labels';

/** Shows one audit event in full: actor, address, channel, and the values before and after. */
export function AuditDetail({ event }: { event: AuditEvent }) {
  const { slug } = useShell().team;
  const { actor, before, after } = event;
  const facts: [string, ReactNode][] = [
    ['When', <Instant key="when" at={event.at} exact />],
    ['Actor', `${actor.name} (${ACTOR_LABELS[actor.type]})`],
    ['Via', CHANNEL_LABELS[event.channel]],
  ];
  if (event.address !== null) facts.push(['IP address', <code key="from">{event.address}</code>]);
  facts.push(['Action', <code key="action">{event.action}</code>]);
  if (event.targetId !== null) facts.push([named(event.targetType), <Id key="target" id={event.targetId} />]);
  if (actor.id !== null) facts.push(['Actor ID', <Id key="actor" id={actor.id} />]);
  if (event.requestId !== null) facts.push(['Request', <Id key="request" id={event.requestId} />]);
  facts.push(['ID', <Id key="id" id={event.id} />]);
  return (
    <FormStack>
      <p>
        <strong>{actor.name}</strong> <AuditAction event={event} />.
      </p>
      <Changes before={before} after={after} />
      <Facts of={facts} />
      <Link href={`/${slug}/settings/audit?who=${actor.id ?? 'operator'}`} prefetch={false}>
        All activity by {actor.name}
      </Link>
    </FormStack>
  );
}

/** Returns the kind of a target as the name of a fact. */
const named = (kind: string): string => kind.charAt(0).toUpperCase() + kind.slice(1);

function Changes({ before, after }: Pick<AuditEvent, 'before' | 'after'>) {
  const { currency } = useShell().team;
  const fields = auditFields(before, after);
  if (fields.length === 0) return null;
  const amounts = fields.flatMap((field) => [findAmount(before?.[field]) ?? 0n, findAmount(after?.[field]) ?? 0n]);
  const decimals = decimalsOf(amounts, currency);
  return (
    <table className={auditStyles.changes}>
      <caption className="hidden">Changes</caption>
      <thead>
        <tr>
          <th scope="col">Field</th>
          {before && <th scope="col">Before</th>}
          {after && <th scope="col">{before ? 'After' : 'Value'}</th>}
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => (
          <tr key={field}>
            <th scope="row">{fieldLabel(field)}</th>
            {before && (
              <td>
                <Value of={before[field]} decimals={decimals} />
              </td>
            )}
            {after && (
              <td>
                <Value of={after[field]} decimals={decimals} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const INSTANT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$/;
const ID = /^[a-z]{3,4}_[0-9a-z]{26}$/;

function Value({ of, decimals }: { of: unknown; decimals: number }) {
  const { currency } = useShell().team;
  if (of === null || of === undefined || of === '') return <span className="muted">–</span>;
  if (typeof of === 'boolean') return of ? 'yes' : 'no';
  if (typeof of !== 'string') return typeof of === 'number' ? String(of) : <code>{JSON.stringify(of)}</code>;
  const amount = findAmount(of);
  if (amount !== null) return <Money amount={amount} currency={currency} decimals={decimals} />;
  if (INSTANT.test(of)) return <Instant at={of} exact />;
  return ID.test(of) ? <code>{of}</code> : of;
}

const Id = ({ id }: { id: string }) => (
  <span className={auditStyles.id}>
    <code>{id}</code> <CopyIconButton text={id} label={`Copy ${id}`} />
  </span>
);
