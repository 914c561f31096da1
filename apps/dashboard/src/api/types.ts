import type { components } from '../generated/api.js';

type Schemas = components['schemas'];

export type Webhook = Schemas['Webhook'];
export type WebhookStatus = Webhook['status'];
export type PublishedEvent = Schemas['Event'];
export type ListedEvent = Schemas['ListedEvent'];
export type RejectedEvent = Schemas['RejectedEvent'];
export type Explanation = Schemas['Explanation'];
export type Delivery = Schemas['Delivery'];
export type Attempt = Schemas['Attempt'];
