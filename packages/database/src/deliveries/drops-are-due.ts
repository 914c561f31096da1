import { tenantDropsDue } from './list-tenants-to-drop.js';
import { dropsDue } from './list-webhooks-to-drop.js';

/** Returns the condition that `listWebhooksToDrop` or `listTenantsToDrop` finds any. */
export const dropsAreDue = (minAgeMs: number): string =>
  `EXISTS (SELECT FROM webhook WHERE ${dropsDue(`${minAgeMs}`)}) OR EXISTS (SELECT FROM tenant WHERE ${tenantDropsDue(`${minAgeMs}`)})`;
