import type { Sealer } from '@posthorn/core';
import type pg from 'pg';
import { dataKeyContext, type SealedDataKey } from './data-keys.js';
import { resealById } from './reseal-by-id.js';
import type { ResealedBatch } from './resealed.js';

/** Seals the data keys of tenants with the first key of the sealer. What they have sealed stays as it is. */
export const resealDataKeys = (pool: pg.Pool, sealer: Sealer): AsyncGenerator<ResealedBatch> =>
  resealById<SealedDataKey>(pool, sealer, {
    table: 'payload_key',
    column: 'sealed_key',
    columns: 'id, tenant_id AS "tenantId", month::text, sealed_key AS sealed',
    contextOf: dataKeyContext,
    nameOf: ({ id }) => `the data key ${id}`,
  });
