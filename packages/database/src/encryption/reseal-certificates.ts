import { certificateSealingContext, type Sealer } from '@posthorn/core';
import type pg from 'pg';
import { resealById } from './reseal-by-id.js';
import type { ResealedBatch } from './resealed.js';

/** Seals the private keys of client certificates with the first key of the sealer. */
export const resealCertificates = (pool: pg.Pool, sealer: Sealer): AsyncGenerator<ResealedBatch> =>
  resealById(pool, sealer, {
    table: 'tls_certificate',
    column: 'key_sealed',
    columns: 'id, key_sealed AS sealed',
    contextOf: ({ id }) => certificateSealingContext(id),
    nameOf: ({ id }) => `the private key of the certificate ${id}`,
  });
