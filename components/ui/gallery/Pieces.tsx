'use client';

import { Button } from '@mantine/core';
import { CopyButton, CopyIconButton } from '../Copy';
import { Failed } from '../Failed';
import { Hint } from '../Hint';
import { Bone, Card, Empty, Facts, Figure, Figures, Late, Note, PageHead, Status } from '../pieces';
import { TableSkeleton } from '../TableSkeleton';
import { NAMES } from './samples';

const nothing = () => undefined;

export const Pieces = () => (
  <>
    <PageHead title={NAMES[2]}>
      <Status tone="ok">active</Status> <Status tone="off">inactive</Status> <Status tone="warn">waiting</Status>{' '}
      <Status tone="bad">failed</Status>
    </PageHead>
    <Figures>
      <Figure label="Master balance" main={<>$12,480.22</>} note="$480.01 per day · lasts about 26 days" />
      <Figure label="With a button" main={<Button size="compact-sm">Fund</Button>} note={NAMES[1]} />
      <Figure label="On its way" main={<Bone width="5rem" />} note={<Bone />} />
      <Figure label="Without a note" main="2 recharges" />
    </Figures>
    <Note>A plain note.</Note>
    <Note tone="warn" action={<Button size="xs">Do something</Button>}>
      You’re using sample prices. Confirm them, or import your own.
    </Note>
    <Note tone="bad">Nothing was moved. The master balance is $3.00; $5.00 is needed.</Note>
    <Failed problem={undefined} onRetry={nothing} />
    <Failed problem={{ detail: 'Something went wrong on our side.', requestId: 'req_0123456789' }} onRetry={nothing} />
    <Card title="A card">
      <Facts
        of={[
          ['Email', 'north@acme.test'],
          ['Name', NAMES[1]],
          ['Right to left', NAMES[3]],
          ['With a copy', <CopyIconButton key="copy" text="x" label="Copy x" />],
        ]}
      />
    </Card>
    <Empty title="No members yet" action={<Button>Create member</Button>}>
      A member is a sub-account: it has its own API key, balance and message log.
    </Empty>
    <Empty title="Nothing, and no way on" />
    <Late>
      <Bone />
      <Bone width="30%" />
    </Late>
    <TableSkeleton />
    <div>
      <CopyButton text="x" label="Copy key" />{' '}
      <Hint text="Below $5.00, fill up to $50.00; at most $200.00 per month; on, but blocked: master balance too low">
        <Button variant="default" size="xs">
          Point here
        </Button>
      </Hint>
    </div>
  </>
);
