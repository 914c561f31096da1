import type { Command } from './command.js';
import { compareWebhook, recordActivation, setModel } from './lifecycle-commands.js';
import { publishWhileStopping } from './publish-commands.js';
import { compareResponse, type Sequence } from './sequence.js';

const CALLS = {
  suspend: { resume: 'reactivate', refusal: { status: 403, code: 'tenant_suspended' } },
  delete: { resume: 'restore', refusal: { status: 401, code: 'unauthorized' } },
} as const;

/**
 * Suspends or deletes the tenant while events are published, then reactivates or restores it. Its webhooks keep their states; active
 * ones get another epoch.
 */
export async function interruptTenant(
  sequence: Sequence,
  { how, publishing }: Extract<Command, { do: 'interrupt_tenant' }>,
): Promise<void> {
  const { admin, receiver } = sequence.system;
  const path = `/v1/tenants/${sequence.tenantId}`;
  const { resume, refusal } = CALLS[how];
  const active = sequence.webhooks.filter(({ model }) => model.status === 'active');
  const stopping = how === 'suspend' ? admin.post(`${path}/suspend`) : admin.delete(path);
  const publishes = publishWhileStopping(sequence, publishing);
  // Before the call returns: it may take effect before.
  for (const webhook of active) {
    const { model } = webhook;
    setModel(webhook, { ...model, epoch: model.epoch + 1, activeSince: sequence.step });
  }
  const [stopped] = await Promise.all([stopping, publishes]);
  const returnedAtMs = Date.now();
  compareResponse(sequence, `${how} the tenant`, {
    real: stopped,
    expected: { status: how === 'suspend' ? 200 : 204 },
  });
  await receiver.drain();
  for (const webhook of active) Object.assign(webhook, { isBlocked: true, blockedAtMs: returnedAtMs });

  const refused = await sequence.api.post('/v1/events', { type: 'order.paid', data: {} });
  compareResponse(sequence, 'publish while the tenant is stopped', { real: refused, expected: refusal });

  for (const webhook of active) webhook.isBlocked = false;
  const calledAtMs = Date.now();
  const resumed = await admin.post(`${path}/${resume}`);
  compareResponse(sequence, `${resume} the tenant`, { real: resumed, expected: { status: 200 } });
  for (const webhook of active) {
    const real = await sequence.api.get(`/v1/webhooks/${webhook.id}`);
    recordActivation(sequence, webhook, { real, calledAtMs });
    compareWebhook(sequence, webhook, real.body);
  }
}
