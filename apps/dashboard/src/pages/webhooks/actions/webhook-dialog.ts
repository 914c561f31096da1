import type { Webhook } from '../../../api/types.js';

export interface WebhookDialogProps {
  webhook: Webhook;
  opened: boolean;
  onClose: () => void;
}
