import { setTimeout as sleep } from 'node:timers/promises';
import { BARRIER_MS } from '@posthorn/core';
import type { PatientClient } from './patient-client.js';
import type { Receiver } from './receiver.js';

/**
 * A time in which a webhook was active, by what its owner knows: between a call and its answer it may have been either.
 * Milliseconds of the monotonic clock; `Infinity`: not yet.
 */
export interface Spell {
  mayBeginAt: number;
  begunAt: number;
  mayEndAt: number;
  endedAt: number;
}

/** A webhook, the receiver that it points at, and when it was active. */
export interface Subscriber {
  name: string;
  webhookId: string;
  eventTypes: string[];
  receiver: Receiver;
  spells: Spell[];
}

/** Retries that come soon and outlast every outage of a round. */
const RETRY_SCHEDULE = [1, 1, 1, 2, 2, 2, 3, 3, 3, ...Array.from({ length: 11 }, () => 5)];

/** Creates a webhook and has it validated by its receiver. */
export async function subscribe(
  call: PatientClient,
  { name, eventTypes, receiver }: Pick<Subscriber, 'name' | 'eventTypes' | 'receiver'>,
): Promise<Subscriber> {
  const settings = { url: receiver.url, description: name, eventTypes, retrySchedule: RETRY_SCHEDULE };
  const created = await call('POST', '/v1/webhooks', settings);
  if (created.status !== 201) throw new Error(`no webhook was made: ${JSON.stringify(created)}`);
  const webhookId: string = created.body.id;
  const mayBeginAt = performance.now();
  // A validation whose answer was lost is done: then the next one finds nothing to validate.
  const validated = await call('POST', `/v1/webhooks/${webhookId}/validation`);
  if (validated.body?.status !== 'confirmed' && validated.status !== 409)
    throw new Error(`it was not validated: ${JSON.stringify(validated)}`);
  const spell = { mayBeginAt, begunAt: performance.now(), mayEndAt: Infinity, endedAt: Infinity };
  return { name, webhookId, eventTypes, receiver, spells: [spell] };
}

export const suspend = (call: PatientClient, subscriber: Subscriber): Promise<void> =>
  endSpell(subscriber, () => call('POST', `/v1/webhooks/${subscriber.webhookId}/suspend`, {}));

export const remove = (call: PatientClient, subscriber: Subscriber): Promise<void> =>
  endSpell(subscriber, () => call('DELETE', `/v1/webhooks/${subscriber.webhookId}`));

export async function reactivate(call: PatientClient, { webhookId, spells }: Subscriber): Promise<void> {
  const mayBeginAt = performance.now();
  const { status } = await call('POST', `/v1/webhooks/${webhookId}/reactivate`, {});
  if (status !== 200 && status !== 409) throw new Error(`reactivate was answered with ${status}`);
  spells.push({ mayBeginAt, begunAt: performance.now(), mayEndAt: Infinity, endedAt: Infinity });
}

async function endSpell({ spells }: Subscriber, end: () => Promise<{ status: number }>): Promise<void> {
  const spell = spells.at(-1);
  if (!spell) throw new Error('it was never active');
  spell.mayEndAt = performance.now();
  const { status } = await end();
  // It was done by a call whose answer was lost. That one would have waited so long before it answered.
  if (status === 409 || status === 404) await sleep(BARRIER_MS);
  else if (status >= 300) throw new Error(`the end of a webhook was answered with ${status}`);
  spell.endedAt = performance.now();
}
