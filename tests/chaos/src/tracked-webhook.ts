import { setTimeout as sleep } from 'node:timers/promises';
import { BARRIER_MS } from '@posthorn/core';
import type { ApiClient, ApiResponse } from '@posthorn/testkit';
import type { EventReceiver } from './event-receiver.js';
import { type FeedReader, startFeedReader } from './feed-reader.js';

/**
 * A period in which a webhook was active, as far as its owner knows: the state changes somewhere between a call and its
 * response. Milliseconds of the monotonic clock; `Infinity` while it lasts.
 */
export interface ActivePeriod {
  earliestStart: number;
  latestStart: number;
  earliestEnd: number;
  latestEnd: number;
}

export type Ordering = 'none' | 'strict' | 'byKey';

/** A webhook with its receiver and the periods in which it was active. */
export interface TrackedWebhook {
  name: string;
  webhookId: string;
  eventTypes: string[];
  receiver: Pick<EventReceiver, 'arrivals'>;
  ordering: Ordering;
  activePeriods: ActivePeriod[];
}

/** Short delays, and enough of them to outlast every outage of a round. */
const RETRY_SCHEDULE = [1, 1, 1, 2, 2, 2, 3, 3, 3, ...Array.from({ length: 11 }, () => 5)];

/** The longest timeout, so that no request is repeated because the machine is busy. No receiver lets a request wait. */
const TIMEOUT_MS = 30_000;

export interface TrackedWebhookSettings extends Pick<TrackedWebhook, 'name' | 'eventTypes'> {
  receiver: EventReceiver;
  rateLimit?: { limit: number; perSeconds: number };
  ordering?: Ordering;
  /** Default: the built-in tenant. */
  tenantId?: string;
}

/** Creates a webhook and has its receiver validate it. */
export async function createTrackedWebhook(
  api: ApiClient,
  { name, eventTypes, receiver, rateLimit, ordering = 'none', tenantId }: TrackedWebhookSettings,
): Promise<TrackedWebhook> {
  const fields = {
    url: receiver.url,
    description: name,
    eventTypes,
    retrySchedule: RETRY_SCHEDULE,
    timeoutMs: TIMEOUT_MS,
    rateLimit,
    ordering,
    tenantId,
  };
  const created = await api.post('/v1/webhooks', fields);
  if (created.status !== 201) throw new Error(`Webhook not created: ${JSON.stringify(created.body)}`);
  const webhookId: string = created.body.id;
  const earliestStart = performance.now();
  // If the response of a successful validation is lost, the retry has nothing left to validate (409).
  const validated = await api.post(`/v1/webhooks/${webhookId}/validation`);
  if (validated.body?.status !== 'confirmed' && validated.status !== 409)
    throw new Error(`Webhook not validated: ${JSON.stringify(validated.body)}`);
  return { name, webhookId, eventTypes, receiver, ordering, activePeriods: [periodSince(earliestStart)] };
}

/** Creates a webhook without a URL. Its deliveries have numbers in the order of the publications. */
export async function createPulledWebhook(
  api: ApiClient,
  { name, eventTypes }: Pick<TrackedWebhook, 'name' | 'eventTypes'>,
): Promise<TrackedWebhook & { reader: FeedReader }> {
  const earliestStart = performance.now();
  const created = await api.post('/v1/webhooks', { delivery: 'pull', description: name, eventTypes });
  if (created.status !== 201) throw new Error(`Webhook not created: ${JSON.stringify(created.body)}`);
  const webhookId: string = created.body.id;
  const reader = startFeedReader(api, webhookId);
  const activePeriods = [periodSince(earliestStart)];
  return { name, webhookId, eventTypes, receiver: reader, ordering: 'strict', activePeriods, reader };
}

function periodSince(earliestStart: number): ActivePeriod {
  return { earliestStart, latestStart: performance.now(), earliestEnd: Infinity, latestEnd: Infinity };
}

export const suspend = (api: ApiClient, webhook: TrackedWebhook): Promise<void> =>
  endActivePeriod(webhook, () => api.post(`/v1/webhooks/${webhook.webhookId}/suspend`, {}));

export const remove = (api: ApiClient, webhook: TrackedWebhook): Promise<void> =>
  endActivePeriod(webhook, () => api.delete(`/v1/webhooks/${webhook.webhookId}`));

export const reactivate = (api: ApiClient, webhook: TrackedWebhook): Promise<void> =>
  startActivePeriod(webhook, () => api.post(`/v1/webhooks/${webhook.webhookId}/reactivate`, {}));

export async function startActivePeriod(
  { activePeriods }: TrackedWebhook,
  call: () => Promise<ApiResponse>,
): Promise<void> {
  const earliestStart = performance.now();
  const { status } = await call();
  if (status !== 200 && status !== 409) throw new Error(`Reactivation failed with ${status}`);
  activePeriods.push(periodSince(earliestStart));
}

export async function endActivePeriod(
  { activePeriods }: TrackedWebhook,
  call: () => Promise<ApiResponse>,
): Promise<void> {
  const period = activePeriods.at(-1);
  if (!period) throw new Error('The webhook was never active');
  period.earliestEnd = performance.now();
  const { status } = await call();
  // An earlier call took effect and its response was lost. It would have waited for the barrier before it responded.
  if (status === 409 || status === 404) await sleep(BARRIER_MS);
  else if (status >= 300) throw new Error(`Suspension or deletion failed with ${status}`);
  period.latestEnd = performance.now();
}
