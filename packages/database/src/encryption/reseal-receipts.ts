import { ERASURE_SEALING_CONTEXT, type Sealer } from '@posthorn/core';
import type pg from 'pg';
import { resealById } from './reseal-by-id.js';
import type { ResealedBatch } from './resealed.js';

/** Seals the receipts of erasures with the first key of the sealer. */
export const resealReceipts = (pool: pg.Pool, sealer: Sealer): AsyncGenerator<ResealedBatch> =>
  resealById(pool, sealer, {
    table: 'erasure',
    column: 'receipt_sealed',
    columns: 'id, receipt_sealed AS sealed',
    contextOf: () => ERASURE_SEALING_CONTEXT,
    nameOf: ({ id }) => `the receipt of the erasure ${id}`,
  });
