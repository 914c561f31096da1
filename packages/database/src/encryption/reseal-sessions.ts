import { refreshTokenSealingContext, type Sealer } from '@posthorn/core';
import type pg from 'pg';
import { resealById } from './reseal-by-id.js';
import type { ResealedBatch } from './resealed.js';

/** Seals the refresh tokens of sessions with the first key of the sealer. */
export const resealSessions = (pool: pg.Pool, sealer: Sealer): AsyncGenerator<ResealedBatch> =>
  resealById(pool, sealer, {
    table: 'person_session',
    column: 'refresh_token_sealed',
    columns: 'id, refresh_token_sealed AS sealed',
    contextOf: ({ id }) => refreshTokenSealingContext(id),
    nameOf: ({ id }) => `the refresh token of the session ${id}`,
  });
