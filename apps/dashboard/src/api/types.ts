import type { components } from '../generated/api.js';

type Schemas = components['schemas'];

export type Webhook = Schemas['Webhook'];
export type WebhookStatus = Webhook['status'];
