import { bindHandlers } from '../calls/bind-handlers.js';
import type { NotificationDeps } from './deps.js';
import {
  getNotifications,
  testNotifications,
  listRecipients,
  addRecipient,
  removeRecipient,
  muteWebhook,
  unmuteWebhook,
  acknowledgeWebhook,
} from './notifications.js';

/** Creates the handlers of notifications. */
export const createNotificationHandlers = (deps: NotificationDeps) =>
  bindHandlers(
    {
      getNotifications,
      testNotifications,
      listRecipients,
      addRecipient,
      removeRecipient,
      muteWebhook,
      unmuteWebhook,
      acknowledgeWebhook,
    },
    deps,
  );
