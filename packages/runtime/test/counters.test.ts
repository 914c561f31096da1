import { expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, encodeId, newId } from '@posthorn/core';
import { Registry } from 'prom-client';
import { dropCounter, eventCounter, refusalCounter } from '../src/index.js';

it('refused events are counted by reason and tenant, for a bounded number of tenants', async () => {
  const registry = new Registry();
  const count = refusalCounter(registry);
  const tenantIds = [DEFAULT_TENANT_ID, ...Array.from({ length: 40 }, () => newId())];
  for (const tenantId of tenantIds) count('expected_wait', tenantId, 2);
  count('timeout', tenantIds[1] ?? '', 3);
  const [metric] = await registry.getMetricsAsJSON();
  const values = metric?.values ?? [];
  const valueOf = (reason: string, tenant: string) =>
    values.find(({ labels }) => labels['reason'] === reason && labels['tenant'] === tenant)?.value;
  expect(values).toHaveLength(22);
  expect(valueOf('expected_wait', 'default')).toBe(2);
  expect(valueOf('timeout', encodeId('tenant', tenantIds[1] ?? ''))).toBe(3);
  expect(valueOf('expected_wait', 'other')).toBe(2 * 21);
});

it('parts of one process count in the same counters', async () => {
  const registry = new Registry();
  for (const count of [eventCounter(registry), eventCounter(registry)]) count('http', 'accepted');
  for (const count of [dropCounter(registry), dropCounter(registry)]) count('suspended', 3);
  const values = (await registry.getMetricsAsJSON()).map((metric) => metric.values?.[0]?.value);
  expect(values).toEqual([2, 6]);
});
