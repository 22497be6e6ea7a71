import { CopyButton } from '@/components/ui/Copy';
import invitationStyles from './invitations.module.css';

/** The link to be given by hand. */
export const LinkToGive = ({ url }: { url: string }) => (
  <div>
    <p className="muted">To be given by hand. It lets in whoever has it, once, and does not prove the address.</p>
    <code className={invitationStyles.link}>{url}</code>
    <CopyButton text={url} label="Copy the link" />
  </div>
);
