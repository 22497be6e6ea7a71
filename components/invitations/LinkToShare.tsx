import { CopyButton } from '@/components/ui/Copy';
import invitationStyles from './invitations.module.css';

/** A single-use link to share by other means than email. */
export const LinkToShare = ({ url }: { url: string }) => (
  <div>
    <p className="muted">Or share this single-use link. Unlike the email, it doesn’t verify the address.</p>
    <code className={invitationStyles.link}>{url}</code>
    <CopyButton text={url} label="Copy link" />
  </div>
);
