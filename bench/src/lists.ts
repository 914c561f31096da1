import { encodeId } from '@posthorn/core';
import {
  anyTenant,
  seedDataset,
  LARGEST_TENANT,
  TENANTS,
  WEBHOOKS,
  webhookOfLargest,
} from './seed-dataset.js';
import { quantile, rounded } from './quantiles.js';
import type { Scenario } from './result.js';
import { startAll, stopAll } from './services.js';

const DAY_MS = 86_400_000;
const CALLS = 300;
/** Calls of each list before the measurement: V8 compiles hot code. */
const WARM_UP_CALLS = 50;

const largest = encodeId('tenant', LARGEST_TENANT);
const tenant = () => encodeId('tenant', anyTenant(Math.random()));
const largestWebhook = () => encodeId('webhook', webhookOfLargest(Math.random()));
const someDay = () => {
  const from = Date.now() - Math.random() * 28 * DAY_MS;
  return `from=${new Date(from).toISOString()}&to=${new Date(from + DAY_MS).toISOString()}`;
};

/** The lists as the dashboard and API clients request them. */
const LISTS: Record<string, () => string> = {
  'webhooks of a tenant': () => `webhooks?tenantId=${tenant()}`,
  'webhooks of the largest tenant': () => `webhooks?tenantId=${largest}`,
  'webhooks of it of a type': () => `webhooks?tenantId=${largest}&eventType=type.${random(100)}`,
  'webhooks of it that are suspended (none)': () => `webhooks?tenantId=${largest}&status=suspended`,
  'webhooks of it by a part of the URL': () =>
    `webhooks?tenantId=${largest}&search=example/${random(10_000)}`,
  tenants: () => 'tenants',
  'tenants by name': () => `tenants?search=${random(10_000)}`,
  'events of a tenant': () => `events?tenantId=${tenant()}`,
  'events of the largest tenant': () => `events?tenantId=${largest}`,
  'events of it of a type and a day': () =>
    `events?tenantId=${largest}&type=type.${random(100)}&${someDay()}`,
  'events of it of a type that never was (none)': () => `events?tenantId=${largest}&type=never`,
  'deliveries of a webhook': () => `deliveries?webhookId=${largestWebhook()}&tenantId=${largest}`,
  'deliveries of a tenant': () => `deliveries?tenantId=${tenant()}`,
  'deliveries of the largest tenant': () => `deliveries?tenantId=${largest}`,
  'deliveries of it that failed, of a day': () => `deliveries?tenantId=${largest}&status=failed&${someDay()}`,
  'deliveries of it that failed': () => `deliveries?tenantId=${largest}&status=failed`,
  'deliveries of it that are pending (none)': () => `deliveries?tenantId=${largest}&status=pending`,
  'deliveries of it that were dropped (none)': () => `deliveries?tenantId=${largest}&status=dropped`,
  'deliveries of it of a type': () => `deliveries?tenantId=${largest}&eventType=type.${random(100)}`,
  'deliveries of it of a type that never was (none)': () => `deliveries?tenantId=${largest}&eventType=never`,
  'event types': () => 'event-types',
  'API keys': () => 'api-keys',
  replays: () => `replays?tenantId=${largest}&webhookId=${largestWebhook()}`,
  'audit entries': () => 'audit-entries',
  'rejected events': () => 'rejected-events',
};

/** Calls every list with 100,000 webhooks of 10,000 tenants; the figure is the 99th percentile of the slowest list. */
export const lists: Scenario = async (bench, { count }) => {
  const calls = count ?? CALLS;
  await seedDataset(bench.database.pool, new Date(Date.now() - 30 * DAY_MS));
  const { services, apiUrl } = await startAll(bench, 0);
  const measured = [];
  for (const [name, query] of Object.entries(LISTS)) {
    const times: number[] = [];
    for (let call = -WARM_UP_CALLS; call < calls; call += 1) {
      const timeMs = await timed(bench.stack.adminKey, `${apiUrl}/v1/${query()}`);
      if (call >= 0) times.push(timeMs);
    }
    const result = { name, p50Ms: rounded(quantile(times, 0.5)), p99Ms: rounded(quantile(times, 0.99)) };
    console.log(`${name}: p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms`);
    measured.push(result);
  }
  await stopAll(services, calls);
  const value = Math.max(...measured.map(({ p99Ms }) => p99Ms));
  return {
    figures: [{ name: 'p99 of the slowest list, ms', value, better: 'lower', threshold: 50, target: 50 }],
    summary: { tenants: TENANTS, webhooks: WEBHOOKS, calls },
    rounds: measured,
  };
};

const random = (below: number): number => Math.floor(Math.random() * below);

async function timed(key: string, url: string): Promise<number> {
  const startedMs = performance.now();
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${url} returned ${response.status}: ${body}`);
  return performance.now() - startedMs;
}
