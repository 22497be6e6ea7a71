'use client';

import { useRuleCommands } from './useRuleCommands';
import { Button, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { problemOf, useTRPC } from '@/components/data';
import { useMoneyTexts } from '@/components/transfers/useMoneyTexts';
import { Failed } from '@/components/ui/Failed';
import { CommandNote } from '@/components/ui/form/CommandNote';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Bone, Late } from '@/components/ui/pieces';
import { stateInWords } from './labels';
import { RuleFields } from './RuleFields';
import { RULE_FIELDS, useTypedRule } from './useTypedRule';
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
  const known = member.recharge;
  const { typedOf, readRule } = useTypedRule();
  const { save, remove } = useRuleCommands(member, onDone);
  const texts = useMoneyTexts();
  const form = useCommandForm({
    initial: { ...typedOf(known), enabled: known?.enabled ?? true },
    command: save,
    inputOf: ({ enabled, ...typed }) => {
      const rule = readRule(typed).input;
      return rule === null || remove.isPending ? null : { memberId: member.id, ...rule, enabled };
    },
    named: RULE_FIELDS,
    draft: `rule ${member.id}`,
    stays: onDone === undefined,
    ...texts,
  });
  const rule = readRule(form.values);
  return (
    <Form
      form={form}
      submit="Save rule"
      isReady={rule.input !== null && !remove.isPending}
      onCancel={onCancel}
      more={
        known && (
          <Button
            variant="subtle"
            color="red"
            loading={remove.isPending}
            onClick={() => remove.mutate({ memberId: member.id })}
          >
            Remove rule
          </Button>
        )
      }
    >
      {known && (
        <Switch
          label={`Auto-recharge is ${stateInWords(known)}`}
          checked={known.enabled}
          disabled={form.isSending || remove.isPending || rule.input === null}
          onChange={(event) => form.send({ ...form.values, enabled: event.currentTarget.checked })}
        />
      )}
      <RuleFields field={form.field} rule={rule} subject={{ memberId: member.id }} />
      <CommandNote mutation={remove} {...texts} />
    </Form>
  );
}
