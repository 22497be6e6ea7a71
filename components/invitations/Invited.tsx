'use client';

import { Button } from '@mantine/core';
import { FormFoot, FormStack } from '@/components/ui/form/Form';
import { LinkToShare } from './LinkToShare';

type InvitedProps = {
  email: string;
  delivery: string;
  url: string | null;
  onAnother: (() => void) | null;
  onClose: () => void;
};

/** Shows a new invitation with its link. */
export const Invited = ({ email, delivery, url, onAnother, onClose }: InvitedProps) => (
  <FormStack>
    <p>
      {delivery === 'none' ? 'Invitation created for ' : 'Invitation emailed to '} <strong>{email}</strong> (expires in
      7 days).{delivery === 'none' && ' Email isn’t set up; share the link yourself.'}
    </p>
    {url && <LinkToShare url={url} />}
    <FormFoot>
      {onAnother && (
        <Button variant="default" onClick={onAnother}>
          Invite another
        </Button>
      )}
      <Button onClick={onClose}>Done</Button>
    </FormFoot>
  </FormStack>
);
