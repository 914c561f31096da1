import { KEY_REPORT_INTERVAL_MS } from '@posthorn/database/encryption';
import type { Task } from '../tasks/task.js';

/** Reports regularly that this process seals with the payload key. */
export const registerPayloadKeysTask: Task = {
  name: 'register_payload_keys',
  pauses: KEY_REPORT_INTERVAL_MS,
  create: ({ payloadKeys, email }) => (payloadKeys.encrypts || email ? () => payloadKeys.register() : null),
};
