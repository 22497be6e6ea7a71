import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseAmount, type Micros } from '@/server/domain/core/money';
import {
  amountToPost,
  decideRecharge,
  describeEvent,
  describeRule,
  type MasterAnswer,
  periodStart,
  type RechargeReason,
  type RechargeRule,
  settleRecharge,
} from '@/server/domain/billing/auto-recharge/rules';
import { rechargeInput, ruleFromInput } from '@/server/domain/billing/auto-recharge/schema';

const OFF: RechargeRule = {
  enabled: true,
  threshold: 0n,
  amount: null,
  target: null,
  capAmount: null,
  capPeriod: null,
};

type Case = {
  balance: string;
  charge?: string;
  spent?: string;
  member?: 'active' | 'inactive' | 'owner';
  master?: MasterAnswer;
};

// Runs a charge against a master that answers `paid` by default, and is called only for amounts that the rules allow.
function run(
  rule: Partial<RechargeRule>,
  { balance, charge = '0', spent = '0', member = 'active', master = 'paid' }: Case,
) {
  return runMicros({ ...OFF, ...rule }, micros(balance), micros(charge), micros(spent), member, master);
}

function runMicros(
  rule: RechargeRule,
  balance: Micros,
  charge: Micros,
  spentInPeriod: Micros,
  member: 'active' | 'inactive' | 'owner',
  answer: MasterAnswer,
) {
  const decision = decideRecharge({ balance, charge, rule, spentInPeriod, member });
  const posted = amountToPost(decision, balance, charge);
  const master = posted > 0n ? answer : null;
  return { decision, posted, ...settleRecharge({ decision, master, balance, charge, threshold: rule.threshold }) };
}

function micros(text: string): Micros {
  const value = parseAmount(text);
  if (value === null) throw new Error(text);
  return value;
}

const step = (threshold: string, amount: string, cap?: string): Partial<RechargeRule> => ({
  threshold: micros(threshold),
  amount: micros(amount),
  ...(cap ? { capAmount: micros(cap), capPeriod: 'day' } : {}),
});

const fillUp = (threshold: string, target: string, cap?: string): Partial<RechargeRule> => ({
  threshold: micros(threshold),
  target: micros(target),
  ...(cap ? { capAmount: micros(cap), capPeriod: 'month' } : {}),
});

const settled = (
  charged: boolean,
  recharged: string,
  balanceAfter: string,
  outcome: 'none' | 'fired' | 'refused',
  reason: RechargeReason | null = null,
  waiting = false,
) => ({ charged, recharged: micros(recharged), balanceAfter: micros(balanceAfter), outcome, reason, waiting });

describe('a rule that the master balance can pay', () => {
  it.each<[string, Partial<RechargeRule>, Case, ReturnType<typeof settled>]>([
    [
      'rests while the balance stays above',
      step('5', '10'),
      { balance: '20', charge: '3' },
      settled(true, '0', '17', 'none'),
    ],
    ['rests at the threshold itself', step('5', '10'), { balance: '8', charge: '3' }, settled(true, '0', '5', 'none')],
    [
      'fires a millionth below it',
      step('5', '10'),
      { balance: '8', charge: '3.000001' },
      settled(true, '10', '14.999999', 'fired'),
    ],
    [
      'fills up to the target',
      fillUp('5', '50'),
      { balance: '6', charge: '4.2' },
      settled(true, '48.20', '50', 'fired'),
    ],
    [
      'adds as many steps as it takes',
      step('5', '10'),
      { balance: '6', charge: '30' },
      settled(true, '30', '6', 'fired'),
    ],
    [
      'stops at the threshold exactly',
      step('5', '10'),
      { balance: '5', charge: '10' },
      settled(true, '10', '5', 'fired'),
    ],
    [
      'pays a charge larger than the balance',
      fillUp('5', '50'),
      { balance: '1', charge: '70' },
      settled(true, '119', '50', 'fired'),
    ],
    ['pays from an empty balance', step('0', '10'), { balance: '0', charge: '10' }, settled(true, '10', '0', 'fired')],
    [
      'spends to zero with a zero threshold',
      step('0', '10'),
      { balance: '10', charge: '10' },
      settled(true, '0', '0', 'none'),
    ],
    ['fires without a charge', fillUp('5', '50'), { balance: '1.80' }, settled(true, '48.20', '50', 'fired')],
    [
      'does nothing when switched off',
      { ...step('5', '10'), enabled: false },
      { balance: '6', charge: '4' },
      settled(true, '0', '2', 'none'),
    ],
    [
      'leaves a short charge unpaid when off',
      { ...step('5', '10'), enabled: false },
      { balance: '2', charge: '4' },
      settled(false, '0', '2', 'none'),
    ],
  ])('%s', (_name, rule, given, expected) => {
    expect(run(rule, given)).toMatchObject(expected);
  });
});

describe('a cap', () => {
  it.each<[string, Partial<RechargeRule>, Case, ReturnType<typeof settled>]>([
    [
      'leaves a need alone that it covers',
      fillUp('5', '50', '60'),
      { balance: '0', spent: '10' },
      settled(true, '50', '50', 'fired'),
    ],
    [
      'cuts a target, which may still be enough',
      fillUp('5', '50', '60'),
      { balance: '0', spent: '40' },
      settled(true, '20', '20', 'fired'),
    ],
    [
      'cuts a target, and what stays low waits',
      fillUp('5', '50', '60'),
      { balance: '0', spent: '57' },
      settled(true, '3', '3', 'fired', 'cap_reached', true),
    ],
    [
      'cuts steps to whole ones',
      step('50', '10', '100'),
      { balance: '0', spent: '75' },
      settled(true, '20', '20', 'fired', 'cap_reached', true),
    ],
    [
      'refuses less than one step',
      step('5', '10', '100'),
      { balance: '0', spent: '95' },
      settled(true, '0', '0', 'refused', 'cap_reached', true),
    ],
    [
      'refuses when nothing is left',
      fillUp('5', '50', '60'),
      { balance: '4', spent: '60' },
      settled(true, '0', '4', 'refused', 'cap_reached', true),
    ],
    [
      'that was lowered below what is spent refuses too',
      fillUp('5', '50', '60'),
      { balance: '4', spent: '90' },
      settled(true, '0', '4', 'refused', 'cap_reached', true),
    ],
    [
      'lets a charge through that the balance covers, and the rule waits',
      fillUp('5', '50', '60'),
      { balance: '6', charge: '2', spent: '60' },
      settled(true, '0', '4', 'refused', 'cap_reached', true),
    ],
    [
      'moves nothing when even the cut recharge cannot pay',
      fillUp('5', '50', '60'),
      { balance: '6', charge: '20', spent: '50' },
      settled(false, '0', '6', 'refused', 'cap_reached', false),
    ],
    [
      'makes a rule wait that was below before an unpaid charge',
      fillUp('5', '50', '60'),
      { balance: '3', charge: '20', spent: '50' },
      settled(false, '0', '3', 'refused', 'cap_reached', true),
    ],
    [
      'pays a charge to the last millionth',
      fillUp('5', '50', '60'),
      { balance: '6', charge: '16', spent: '50' },
      settled(true, '10', '0', 'fired', 'cap_reached', true),
    ],
  ])('%s', (_name, rule, given, expected) => {
    expect(run(rule, given)).toMatchObject(expected);
  });
});

describe('a master balance that cannot pay', () => {
  it.each(['master_short', 'reserve'] as const)(
    'gives the reason %s, lets a covered charge pass and the rule wait',
    (master) => {
      expect(run(fillUp('5', '50'), { balance: '6', charge: '2', master })).toMatchObject(
        settled(true, '0', '4', 'refused', master, true),
      );
    },
  );

  it.each(['master_short', 'reserve'] as const)(
    'gives the reason %s and refuses the charge at or above the threshold, with the rule ready',
    (master) => {
      expect(run(fillUp('5', '50'), { balance: '5', charge: '6', master })).toMatchObject(
        settled(false, '0', '5', 'refused', master, false),
      );
      expect(run(fillUp('5', '50'), { balance: '4.99', charge: '6', master })).toMatchObject(
        settled(false, '0', '4.99', 'refused', master, true),
      );
    },
  );

  it('is not used for a recharge that could not pay the charge', () => {
    const given: Case = { balance: '6', charge: '20', spent: '50', master: 'master_short' };
    expect(run(fillUp('5', '50', '60'), given)).toMatchObject({
      posted: 0n,
      ...settled(false, '0', '6', 'refused', 'cap_reached'),
    });
  });

  it('must answer before anything is settled', () => {
    const decision = { kind: 'recharge', need: 5n, amount: 5n, cut: false } as const;
    expect(() => settleRecharge({ decision, master: null, balance: 0n, charge: 0n, threshold: 1n })).toThrow(
      'not posted',
    );
  });
});

describe('the rule of a member that does not use it', () => {
  it.each([
    ['inactive', 'member_inactive'],
    ['owner', 'owner'],
  ] as const)('does not recharge: %s, gives the reason and does not wait', (member, reason) => {
    expect(run(fillUp('5', '50'), { balance: '1', member })).toMatchObject(
      settled(true, '0', '1', 'refused', reason, false),
    );
    expect(run(fillUp('5', '50'), { balance: '5', member })).toMatchObject(settled(true, '0', '5', 'none'));
  });
});

describe('any rule, balance and charge', () => {
  const money = fc.oneof(fc.bigInt({ min: 0n, max: 60n }), fc.bigInt({ min: 0n, max: 10n ** 15n }));
  const positive = money.map((value) => value + 1n);
  const rule: fc.Arbitrary<RechargeRule> = fc
    .record({ threshold: money, by: positive, isFixed: fc.boolean(), cap: fc.option(positive), day: fc.boolean() })
    .map(({ threshold, by, isFixed, cap, day }) => ({
      enabled: true,
      threshold,
      amount: isFixed ? by : null,
      target: isFixed ? null : threshold + by,
      capAmount: cap,
      capPeriod: cap === null ? null : day ? 'day' : 'month',
    }));
  const answer = fc.constantFrom('paid' as const, 'reserve' as const, 'master_short' as const);
  const always = (
    check: (given: {
      rule: RechargeRule;
      balance: Micros;
      charge: Micros;
      spent: Micros;
      master: 'paid' | 'reserve' | 'master_short';
    }) => void,
  ) => {
    fc.assert(fc.property(fc.record({ rule, balance: money, charge: money, spent: money, master: answer }), check), {
      numRuns: 5_000,
    });
  };
  const go = (given: Parameters<Parameters<typeof always>[0]>[0]) =>
    runMicros(given.rule, given.balance, given.charge, given.spent, 'active', given.master);

  it('never recharge more than the cap leaves, nor create or lose money', () => {
    always((given) => {
      const { recharged, charged, balanceAfter } = go(given);
      const { capAmount } = given.rule;
      if (capAmount !== null && recharged > 0n) expect(given.spent + recharged).toBeLessThanOrEqual(capAmount);
      expect(balanceAfter).toBe(given.balance + recharged - (charged ? given.charge : 0n));
      expect(balanceAfter).toBeGreaterThanOrEqual(0n);
      if (!charged) expect(recharged).toBe(0n);
    });
  });

  it('pay every charge and end at the threshold or above, while cap and master allow', () => {
    always((given) => {
      const settlement = runMicros(
        { ...given.rule, capAmount: null, capPeriod: null },
        given.balance,
        given.charge,
        given.spent,
        'active',
        'paid',
      );
      expect(settlement.charged).toBe(true);
      expect(settlement.balanceAfter).toBeGreaterThanOrEqual(given.rule.threshold);
      expect(settlement.waiting).toBe(false);
      if (settlement.outcome === 'fired' && given.rule.target !== null)
        expect(settlement.balanceAfter).toBe(given.rule.target);
    });
  });

  it('add whole steps, and not one too many', () => {
    always((given) => {
      const { recharged, balanceAfter } = go(given);
      const { amount, threshold } = given.rule;
      if (amount === null || recharged === 0n) return;
      expect(recharged % amount).toBe(0n);
      expect(balanceAfter - amount).toBeLessThan(threshold);
    });
  });

  it('use as much of the cap as the need requires', () => {
    always((given) => {
      const { decision } = go(given);
      const { amount, capAmount } = given.rule;
      if (decision.kind === 'none' || capAmount === null) return;
      const asked = decision.kind === 'recharge' ? decision.amount : 0n;
      expect(asked === decision.need || given.spent + asked + (amount ?? 1n) > capAmount).toBe(true);
      expect(decision.kind === 'recharge' && decision.cut).toBe(asked > 0n && asked < decision.need);
    });
  });

  it('refuse a charge only when the balance and the possible recharge do not suffice', () => {
    always((given) => {
      const { charged, decision } = go(given);
      const recharge = decision.kind === 'recharge' && given.master === 'paid' ? decision.amount : 0n;
      expect(charged).toBe(given.balance + recharge >= given.charge);
    });
  });

  it('wait exactly when the balance ends below the threshold, and always give the reason', () => {
    always((given) => {
      const { balanceAfter, outcome, reason, waiting, decision } = go(given);
      expect(waiting).toBe(balanceAfter < given.rule.threshold);
      if (waiting) expect(reason).not.toBeNull();
      if (outcome === 'refused') expect(reason).not.toBeNull();
      if (outcome === 'fired' && !waiting) expect(reason).toBeNull();
      expect(outcome === 'none').toBe(decision.kind === 'none');
      expect(decision.kind === 'none').toBe(given.balance - given.charge >= given.rule.threshold);
    });
  });

  it('match a simulation that adds one step at a time', () => {
    const small = fc.bigInt({ min: 0n, max: 40n });
    fc.assert(
      fc.property(
        small,
        small,
        small,
        small,
        fc.bigInt({ min: 1n, max: 9n }),
        (balance, charge, threshold, cap, amount) => {
          const fixed = {
            enabled: true,
            threshold,
            amount,
            target: null,
            capAmount: cap + amount,
            capPeriod: 'day',
          } as const;
          let added = 0n;
          while (balance + added - charge < threshold && added + amount <= fixed.capAmount) added += amount;
          const isPaid = balance + added >= charge;
          const { charged, recharged } = runMicros(fixed, balance, charge, 0n, 'active', 'paid');
          expect({ charged, recharged }).toEqual({ charged: isPaid, recharged: isPaid ? added : 0n });
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('compute the number of steps, however many', () => {
    const tiny = { enabled: true, threshold: 10n ** 15n, amount: 1n, target: null, capAmount: null, capPeriod: null };
    expect(runMicros(tiny, 0n, 10n ** 18n, 0n, 'active', 'paid')).toMatchObject({ recharged: 10n ** 18n + 10n ** 15n });
  });
});

describe('the period of a cap', () => {
  it.each([
    ['day', '2026-03-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['day', '2026-02-28T23:59:59.999Z', '2026-02-28T00:00:00.000Z'],
    ['month', '2026-02-28T23:59:59.999Z', '2026-02-01T00:00:00.000Z'],
    ['month', '2026-03-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['month', '2025-12-31T23:30:00-05:00', '2026-01-01T00:00:00.000Z'],
  ] as const)('is, for a %s at %s, the one that began at %s', (period, now, start) => {
    expect(periodStart(period, new Date(now)).toISOString()).toBe(start);
  });
});

describe('the sentences about a rule', () => {
  it('describe a rule like its form', () => {
    expect(describeRule({ ...OFF, ...fillUp('5', '50', '200') })).toBe(
      'when below 5.00, fill up to 50.00, at most 200.00 per month',
    );
    expect(describeRule({ ...OFF, ...step('5', '10', '30') }, 'EUR')).toBe(
      'when below 5.00 EUR, add 10.00 EUR, at most 30.00 EUR per day',
    );
    expect(describeRule({ ...OFF, ...step('0', '10') })).toBe('when below 0.00, add 10.00');
  });

  it('describe an event in one sentence', () => {
    const event = { balanceBefore: micros('1.80'), amount: micros('48.20') };
    expect(describeEvent({ ...event, outcome: 'fired', reason: null })).toBe('Added 48.20 to a balance of 1.80.');
    expect(describeEvent({ ...event, outcome: 'fired', reason: 'cap_reached' })).toContain('left of the cap');
    const reasons = ['master_short', 'reserve', 'cap_reached', 'member_inactive', 'owner'] as const;
    const sentences = reasons.map((reason) => describeEvent({ ...event, outcome: 'refused', reason }));
    expect(new Set(sentences).size).toBe(reasons.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^Not recharged at a balance of 1\.80: [^.0-9]+\.$/);
  });
});

describe('a rule as input', () => {
  const good = { threshold: '5.00', target: '50.00' };

  it('becomes the rule of the exact calculation', () => {
    expect(ruleFromInput(rechargeInput.parse(good))).toEqual({ ...OFF, ...fillUp('5', '50') });
    expect(
      ruleFromInput(
        rechargeInput.parse({ enabled: false, threshold: 0, amount: 10, cap: { amount: '10', period: 'day' } }),
      ),
    ).toEqual({ ...OFF, ...step('0', '10', '10'), enabled: false });
    expect(ruleFromInput(rechargeInput.parse({ ...good, cap: null })).capAmount).toBeNull();
  });

  it.each<[string, object, string, string | undefined]>([
    ['both an amount and a target', { ...good, amount: '1' }, 'target', undefined],
    ['neither', { threshold: '5' }, 'amount', undefined],
    ['no threshold', { target: '5' }, 'threshold', undefined],
    ['a target at the threshold', { threshold: '5', target: '5' }, 'target', undefined],
    ['a target below it', { threshold: '5', target: '4.999999' }, 'target', undefined],
    [
      'a step above its cap',
      { threshold: '5', amount: '10.01', cap: { amount: '10', period: 'day' } },
      'amount',
      undefined,
    ],
    ['a zero step', { threshold: '5', amount: '0' }, 'amount', 'invalid_amount'],
    ['a zero cap', { ...good, cap: { amount: '0', period: 'day' } }, 'cap.amount', 'invalid_amount'],
    ['a negative threshold', { ...good, threshold: '-1' }, 'threshold', 'invalid_amount'],
    ['a null threshold', { ...good, threshold: null }, 'threshold', undefined],
    ['another period', { ...good, cap: { amount: '1', period: 'week' } }, 'cap.period', undefined],
    ['a cap without a period', { ...good, cap: { amount: '1' } }, 'cap.period', undefined],
    ['an unknown field', { ...good, limit: '1' }, '', undefined],
    ['an unknown field in the cap', { ...good, cap: { amount: '1', period: 'day', x: 1 } }, 'cap', undefined],
  ])('is refused with %s', (_name, input, path, code) => {
    const issue = rechargeInput.safeParse(input).error?.issues[0];
    expect(issue?.path.join('.')).toBe(path);
    expect(issue?.code === 'custom' ? issue.params?.['code'] : undefined).toBe(code);
  });
});
