export type { NotificationRecipient, WebhookMute } from '../generated/client.js';
export {
  addRecipient,
  confirmRecipient,
  listRecipients,
  type OwnedTarget,
  removeRecipient,
  subscribeRecipient,
  unsubscribeRecipient,
} from './notification-recipients.js';
export { type MuteCommand, muteWebhook, readMutes } from './webhook-mutes.js';
