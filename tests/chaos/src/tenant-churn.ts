import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, ApiResponse } from '@posthorn/testkit';
import { type EventReceiver, startEventReceiver } from './event-receiver.js';
import type { Random } from './random.js';
import {
  createTrackedWebhook,
  endActivePeriod,
  startActivePeriod,
  type TrackedWebhook,
} from './tracked-webhook.js';
import type { Background } from './webhook-churn.js';

/** Between two events of the tenant, in milliseconds. */
const PUBLISH_EVERY_MS = 50;

export interface TenantChurn extends Background {
  webhook: TrackedWebhook;
  receiver: EventReceiver;
}

/** Publishes the events of a tenant, which is suspended, reactivated, deleted and restored in a loop. */
export async function startTenantChurn(api: ApiClient, random: Random): Promise<TenantChurn> {
  const tenant = await api.put('/v1/tenants/ext:churned', { name: 'churned' });
  const path = `/v1/tenants/${tenant.body.id}`;
  const receiver = await startEventReceiver({ latencyMs: () => 20, fails: () => random.chance(10) });
  const webhook = await createTrackedWebhook(api, {
    name: 'of a tenant that is suspended and deleted',
    eventTypes: ['*'],
    receiver,
    tenantId: tenant.body.id,
    rateLimit: { limit: 10, perSeconds: 1 },
  });
  const state = { running: true };

  /** It is refused while the tenant is not active. */
  async function publish(): Promise<void> {
    for (let n = 0; state.running; n += 1) {
      await api.post('/v1/events', { type: 'chaos.tenant', data: { n }, tenantId: tenant.body.id });
      await sleep(PUBLISH_EVERY_MS);
    }
  }

  async function interrupt(stop: () => Promise<ApiResponse>, resume: string): Promise<void> {
    await sleep(1500 + random.below(3000));
    await endActivePeriod(webhook, stop);
    await sleep(500 + random.below(2000));
    await startActivePeriod(webhook, () => api.post(`${path}/${resume}`, {}));
  }

  async function churn(): Promise<void> {
    while (state.running) {
      await interrupt(() => api.post(`${path}/suspend`, {}), 'reactivate');
      await interrupt(() => api.delete(path), 'restore');
    }
  }
  const running = Promise.all([publish(), churn()]);
  return {
    webhook,
    receiver,
    async stop() {
      state.running = false;
      await running;
    },
  };
}
