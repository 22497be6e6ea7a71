'use client';

import { Button, Switch } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { problemOf, useTRPC } from '@/components/data';
import { MoneyNote } from '@/components/transfers/MoneyNote';
import styles from '@/components/ui/form/form.module.css';
import { useShell } from '@/components/layout/useShell';
import { Failed } from '@/components/ui/Failed';
import { Bone, Late } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { RuleFields, useRule } from './RuleFields';
import { stateInWords } from './labels';
import type { MemberView } from '@/components/members/member';

/** Shows the rule of one member in a dialog. */
export function RuleDialog({ memberId, onClose }: { memberId: string; onClose: () => void }) {
  const membership = useQuery(useTRPC().members.getMemberRow.queryOptions({ memberId }));
  if (membership.isError)
    return <Failed problem={problemOf(membership.error)} onRetry={() => void membership.refetch()} />;
  if (!membership.data) {
    return (
      <Late>
        <Bone />
      </Late>
    );
  }
  return <RuleForm member={membership.data} onDone={onClose} onCancel={onClose} />;
}

type Props = { member: MemberView; onDone?: () => void; onCancel?: () => void };

/** Saves, switches and removes a member's rule; previews the immediate effect of saving. */
export function RuleForm({ member, onDone, onCancel }: Props) {
  const { currency } = useShell().team;
  const trpc = useTRPC();
  const rule = useRule(member.recharge, { memberId: member.id });
  const save = useMutation(
    trpc.recharge.setRecharge.mutationOptions({
      onSuccess: (saved) => {
        rule.reset();
        toast({ message: `Auto-recharge of ${member.name} is ${stateInWords(saved)}.` });
        onDone?.();
      },
    }),
  );
  const remove = useMutation(
    trpc.recharge.deleteRecharge.mutationOptions({
      onSuccess: () => {
        rule.reset();
        toast({ message: `Auto-recharge rule of ${member.name} removed.` });
        onDone?.();
      },
    }),
  );
  const isPending = save.isPending || remove.isPending;
  const submit = (enabled: boolean) => {
    if (rule.input !== null && !isPending) save.mutate({ memberId: member.id, ...rule.input, enabled });
  };
  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit(member.recharge?.enabled ?? true);
      }}
    >
      {member.recharge && (
        <Switch
          label={`Auto-recharge is ${stateInWords(member.recharge)}`}
          checked={member.recharge.enabled}
          disabled={isPending || rule.input === null}
          onChange={(event) => submit(event.currentTarget.checked)}
        />
      )}
      <RuleFields rule={rule} currency={currency} />
      <MoneyNote mutation={save.isError ? save : remove} currency={currency} />
      <div className={styles.foot}>
        {member.recharge && (
          <Button
            variant="subtle"
            color="red"
            loading={remove.isPending}
            onClick={() => remove.mutate({ memberId: member.id })}
          >
            Remove rule
          </Button>
        )}
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button type="submit" disabled={rule.input === null || remove.isPending} loading={save.isPending}>
          Save rule
        </Button>
      </div>
    </form>
  );
}
