import type { Pool } from '@posthorn/database/connection';
import { readHeldBacklog, readOldestDueAges } from '@posthorn/database/deliveries';
import { countUnhealthyWebhooks } from '@posthorn/database/health';
import { countNotices } from '@posthorn/database/notifications';
import { readWebhookLimits } from '@posthorn/database/webhooks';
import { settlesWithin } from '@posthorn/core';
import { flowNowMs, type SlotStore } from '@posthorn/flow';
import { HEALTH_CHECK_TIMEOUT_MS, Gauge, type Registry } from '@posthorn/runtime';

interface EngineGaugeDeps {
  pool: Pool;
  slotStore: Pick<SlotStore, 'webhooksWithHeld' | 'snapshots'>;
  registry: Registry;
}

/** Registers gauges of the delivery engine, read from PostgreSQL and Redis at each scrape. */
export function engineGauges({ pool, slotStore, registry }: EngineGaugeDeps): void {
  // Every process reads the same values.
  const ofSystem = { registers: [registry], aggregator: 'max' as const };
  const oldest = new Gauge({
    name: 'posthorn_oldest_due_delivery_age_seconds',
    help: 'Age of the oldest due delivery, by lane; held: waiting for the window or rate limit of its webhook',
    labelNames: ['lane'],
    ...ofSystem,
    collect: () => ignoreUnavailable(collect),
  });
  const held = new Gauge({
    name: 'posthorn_held_deliveries',
    help: 'Due deliveries held back by the window or rate limit of their webhook',
    ...ofSystem,
  });
  const webhooks = new Gauge({
    name: 'posthorn_webhooks',
    help: 'Active webhooks that are slow, failing, throttled, holding deliveries, or paused by their receiver',
    labelNames: ['state'],
    ...ofSystem,
  });

  const notices = new Gauge({
    name: 'posthorn_email_notices',
    help: 'Notices that wait to be sent by email, by audience',
    labelNames: ['audience'],
    ...ofSystem,
  });

  async function collect(): Promise<void> {
    for (const [lane, ageMs] of Object.entries(await readOldestDueAges(pool))) {
      oldest.set({ lane }, ageMs / 1000);
    }
    const { slow, failing, throttled } = await countUnhealthyWebhooks(pool);
    webhooks.set({ state: 'slow' }, slow);
    webhooks.set({ state: 'failing' }, failing);
    webhooks.set({ state: 'throttled' }, throttled);
    for (const [audience, count] of Object.entries(await countNotices(pool)))
      notices.set({ audience }, count);

    const holding = await readWebhookLimits(pool, (await slotStore.webhooksWithHeld()).ids);
    const waiting = await readHeldBacklog(
      pool,
      holding.map(({ id }) => id),
    );
    held.set(waiting.count);
    oldest.set({ lane: 'held' }, waiting.oldestMs / 1000);
    webhooks.set({ state: 'holding' }, holding.length);
    const snapshots = await slotStore.snapshots(holding);
    const paused = snapshots.filter((snapshot) => snapshot && snapshot.state.notBeforeMs > flowNowMs());
    webhooks.set({ state: 'paused' }, paused.length);
  }
}

/** Keeps the previous values while PostgreSQL or Redis is unavailable, so that the other metrics are still served. */
async function ignoreUnavailable(work: () => Promise<void>): Promise<void> {
  await settlesWithin(work(), HEALTH_CHECK_TIMEOUT_MS).catch(() => false);
}
