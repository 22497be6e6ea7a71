'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { SendCurl } from '@/components/api-keys/SendCurl';
import { FundButton } from '@/components/members/TeamFigures';
import { useMemberActions } from '@/components/members/useMemberActions';
import { useShell } from '@/components/layout/useShell';
import { Card } from '@/components/ui/pieces';
import styles from './overview.module.css';

/** The number of steps of a new team. */
const STEPS = 4;

type Setup = { hasMember: boolean; hasFunds: boolean; hasRates: boolean; hasSent: boolean };

/** Lists the open setup steps of a new team; disappears when all are done. */
export function SetupSteps({ setup }: { setup: Setup }) {
  const { team } = useShell();
  const { create } = useMemberActions();
  const steps = [
    !setup.hasMember && (
      <Step key="member" title="Create a member" action={<Button onClick={create}>Create member</Button>}>
        A sub-account with its own API key, balance and message log.
      </Step>
    ),
    !setup.hasFunds && <FundStep key="funds" />,
    !setup.hasRates && (
      <Step
        key="rates"
        title="Confirm your prices"
        action={
          <Button variant="default" component={Link} href={`/${team.slug}/settings/rates`} prefetch={false}>
            Review prices
          </Button>
        }
      >
        You’re using sample prices per segment and country.
      </Step>
    ),
    !setup.hasSent && (
      <Step
        key="send"
        title="Send your first message"
        action={
          <Button variant="default" component={Link} href={`/${team.slug}/messages`} prefetch={false}>
            Send from the console
          </Button>
        }
      >
        Set <code>PURSER_API_KEY</code> to a member’s API key and run this.
        <SendCurl />
      </Step>
    ),
  ].filter((step) => step !== false);
  if (steps.length === 0) return null;
  return (
    <Card title={`Finish setting up (${steps.length} of ${STEPS} left)`}>
      <ol className={styles.steps}>{steps}</ol>
    </Card>
  );
}

const Step = ({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) => (
  <li>
    <div>
      <h3>{title}</h3>
      <div className="muted">{children}</div>
    </div>
    {action}
  </li>
);

/** The demo funds with one click; elsewhere the operator runs this command. */
function FundStep() {
  const { team, demo } = useShell();
  return (
    <Step title="Fund the master balance" action={<FundButton />}>
      It pays for every credit and recharge.
      {!demo && (
        <>
          {' '}
          The operator funds it with <code>npm run purser -- team fund {team.id} 100.00</code>
        </>
      )}
    </Step>
  );
}
