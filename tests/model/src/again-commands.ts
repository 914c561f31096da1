import { again } from './fate.js';
import { compareAnswer, type LiveWebhook, named, type Scene, violated } from './scene.js';
import { closeRun, listAll, type ListedDelivery, numberOf, settle } from './settle.js';

/** Retries one settled delivery of a webhook, if it has any. */
export async function retry(scene: Scene, webhook: LiveWebhook, pick: number): Promise<void> {
  const listed = await listAll<ListedDelivery>(scene, `/v1/deliveries?webhookId=${webhook.id}`);
  const settled = await Promise.all(
    listed
      .filter(({ status }) => status !== 'pending')
      .map(async (delivery) => ({
        delivery,
        fate: webhook.fates.get(await numberOf(scene, delivery.eventId)),
      })),
  );
  // What a replay has not come to yet is settled, too.
  const candidates = settled.filter(({ fate }) => fate?.run?.cause !== 'replay');
  const chosen = candidates[pick % candidates.length];
  if (!chosen) return;
  const { delivery, fate } = chosen;
  if (!fate) {
    violated(
      scene,
      `${named(webhook)} has the delivery ${delivery.id} of an event from before it was created`,
    );
    return;
  }
  closeRun(scene, webhook, { fate, delivery });
  const isActive = webhook.model.status === 'active';
  if (isActive) again(fate, 'retry', webhook.model);
  const real = await scene.api.post(`/v1/deliveries/${delivery.id}/retry`);
  compareAnswer(scene, `retry event ${fate.event.n} (${delivery.status}) at ${named(webhook)}`, {
    real,
    expected: isActive ? { status: 202 } : { status: 409, code: 'invalid_state' },
  });
  if (!isActive && real.body.webhookStatus !== webhook.model.status) {
    violated(scene, `the refusal of a retry names the state ${real.body.webhookStatus}`);
  }
}

/** Replays all that was dropped or failed. Waits first until it is known what that is, but not for its end. */
export async function replay(scene: Scene, webhook: LiveWebhook): Promise<void> {
  await settle(scene);
  const { model } = webhook;
  const fates = [...webhook.fates.values()].filter(
    ({ status }) => status === 'dropped' || status === 'failed',
  );
  if (model.status === 'active') for (const fate of fates) again(fate, 'replay', model);
  const real = await scene.api.post(`/v1/webhooks/${webhook.id}/replay`, {
    from: scene.startedAt.toISOString(),
    to: new Date(Date.now() + 60_000).toISOString(),
    statuses: ['dropped', 'failed'],
  });
  compareAnswer(scene, `replay ${named(webhook)}`, { real, expected: expectedAnswer(model.status) });
  if (real.status !== 202) return;
  if (real.body.total !== fates.length) {
    violated(scene, `the replay is of ${real.body.total} deliveries, expected ${fates.length}`);
  }
  scene.replays.add(real.body.id);
}

function expectedAnswer(status: LiveWebhook['model']['status']): { status: number; code?: string } {
  if (status === 'active') return { status: 202 };
  if (status === 'deleted') return { status: 404, code: 'not_found' };
  return { status: 409, code: 'invalid_state' };
}
