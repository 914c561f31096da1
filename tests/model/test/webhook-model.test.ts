import { describe, expect, it } from '@jest/globals';
import {
  applyCommand,
  isNumbered,
  newWebhook,
  unvalidatedUrl,
  type WebhookModel,
} from '../src/webhook-model.js';

const fields = { eventTypes: ['*'], retrySchedule: [], ordering: 'none', sequence: false } as const;
const pulled = newWebhook({ ...fields, delivery: 'pull' }, 3);
const created = newWebhook({ ...fields, delivery: 'push' }, 3);
const active: WebhookModel = { ...created, status: 'active', activeSince: 4 };
const pull = (webhook: WebhookModel) => applyCommand(webhook, { do: 'pull', target: 0 }, 5);

describe('a webhook that is read with its feed', () => {
  it('is active without a validation, and has numbers', () => {
    expect(pulled).toMatchObject({ status: 'active', activeSince: 3 });
    expect(unvalidatedUrl(pulled)).toBeNull();
    expect([isNumbered(pulled), isNumbered(active)]).toEqual([true, false]);
  });

  it('begins a new life when it gets requests again', () => {
    expect(applyCommand(pulled, { do: 'push_to', target: 0, url: 2 }, 5).next).toMatchObject({
      status: 'pending_validation',
      activeSince: null,
      epoch: 1,
      url: 2,
    });
    expect(applyCommand(pulled, { do: 'change_url', target: 0, url: 2 }, 5).response.status).toBe(422);
  });

  it('got requests before only if it is not active', () => {
    expect(pull(active)).toMatchObject({ next: active, response: { status: 409 } });
    expect(pull(created).next).toMatchObject({ status: 'active', activeSince: 5, delivery: 'pull' });
    const suspended: WebhookModel = { ...active, status: 'suspended' };
    expect(pull(suspended).next).toMatchObject({ status: 'suspended', delivery: 'pull', epoch: 0 });
  });
});
