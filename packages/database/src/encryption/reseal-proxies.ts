import { encodeId, type Sealer, tenantSealingContext, webhookSealingContext } from '@posthorn/core';
import type pg from 'pg';
import { resealById } from './reseal-by-id.js';
import type { ResealedBatch } from './resealed.js';

const PROXY = { column: 'proxy_sealed', columns: 'id, proxy_sealed AS sealed' } as const;

/** Seals the proxies of tenants and webhooks with the first key of the sealer. */
export async function* resealProxies(pool: pg.Pool, sealer: Sealer): AsyncGenerator<ResealedBatch> {
  yield* resealById(pool, sealer, {
    ...PROXY,
    table: 'tenant',
    contextOf: ({ id }) => tenantSealingContext(id),
    nameOf: ({ id }) => `the proxy of the tenant ${encodeId('tenant', id)}`,
  });
  yield* resealById(pool, sealer, {
    ...PROXY,
    table: 'webhook',
    contextOf: ({ id }) => webhookSealingContext(id),
    nameOf: ({ id }) => `the proxy of the webhook ${encodeId('webhook', id)}`,
  });
}
