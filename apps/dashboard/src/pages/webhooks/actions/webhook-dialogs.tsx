import type { Webhook } from '../../../api/types.js';
import { DeleteModal } from './delete-modal.js';
import { ReactivateModal } from './reactivate-modal.js';
import RotateSecretModal from './rotate-secret-modal.js';
import { ShadowModal } from './shadow-modal.js';
import { SuspendModal } from './suspend-modal.js';
import { TestModal } from './test-modal.js';

export type WebhookDialog = 'test' | 'suspend' | 'reactivate' | 'rotate' | 'shadow' | 'delete';

interface WebhookDialogsProps {
  webhook: Webhook;
  /** The open dialog. */
  dialog: WebhookDialog | null;
  onClose: () => void;
}

/** The dialogs of the actions on a webhook. */
export default function WebhookDialogs({ webhook, dialog, onClose }: WebhookDialogsProps) {
  const propsOf = (name: WebhookDialog) => ({ webhook, opened: dialog === name, onClose });
  return (
    <>
      <TestModal {...propsOf('test')} />
      <SuspendModal {...propsOf('suspend')} />
      <ReactivateModal {...propsOf('reactivate')} />
      <RotateSecretModal {...propsOf('rotate')} />
      <ShadowModal {...propsOf('shadow')} />
      <DeleteModal {...propsOf('delete')} />
    </>
  );
}
