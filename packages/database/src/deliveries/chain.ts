import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { waitsForRetry } from './bring-forward.js';
import {
  DUE_DELIVERY_COLUMNS,
  type DueDelivery,
  type DueDeliveryRow,
  toDueDelivery,
} from './due-delivery.js';

/** Deliveries of one webhook, with one key, that are sent one after the other (decision 75). */
export interface Chain {
  webhookId: string;
  chain: string;
  /** Empty for strict order. */
  orderingKey: string;
}

/** Returns the condition that a pending delivery waits for no other one of its chain. For few rows: see `headsOf`. */
export const isHead = (alias: string): string => `(${alias}.chain IS NULL OR NOT EXISTS (
  SELECT FROM pending_delivery e WHERE e.webhook_id = ${alias}.webhook_id AND e.chain = ${alias}.chain
    AND e.ordering_key = ${alias}.ordering_key AND e.sequence < ${alias}.sequence
))`;

/**
 * Returns a WITH query named `heads`, for many rows: the heads of their chains. Each chain is looked up once, not once for each delivery
 * that waits in it: its first index entries may be of settled deliveries that an old snapshot keeps.
 */
export const headsOf = (rows: string): string => `heads AS MATERIALIZED (
  SELECT head.id
  FROM (SELECT DISTINCT webhook_id, chain, ordering_key FROM ${rows} WHERE chain IS NOT NULL) AS c
  CROSS JOIN LATERAL (${firstOf('c')}) AS head
)`;

/** Returns the condition that a delivery, whose chain is among those of `heads`, waits for no other one. */
export const isAmongHeads = (alias: string): string =>
  `(${alias}.chain IS NULL OR ${alias}.id IN (SELECT id FROM heads))`;

/** Selects the head of a chain. */
const firstOf = (chain: string): string => `
  SELECT * FROM pending_delivery p
  WHERE p.webhook_id = ${chain}.webhook_id AND p.chain = ${chain}.chain AND p.ordering_key = ${chain}.ordering_key
  ORDER BY p.sequence LIMIT 1`;

const FIND_HEADS = `
WITH given AS MATERIALIZED (SELECT * FROM pending_delivery WHERE id = ANY ($1::uuid[])), ${headsOf('given')}
SELECT ${DUE_DELIVERY_COLUMNS} FROM given d WHERE ${isAmongHeads('d')} ORDER BY d.id`;

// The head is determined before the conditions, so that the second one is never returned in its place.
const FIND_NEXT_HEADS = `
SELECT ${DUE_DELIVERY_COLUMNS}
FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS c (webhook_id, chain, ordering_key)) AS c
CROSS JOIN LATERAL (${firstOf('c')}) AS d
WHERE NOT d.parked AND NOT d.held AND NOT (${waitsForRetry('d')})
ORDER BY d.id`;

/** Returns those deliveries, among the given ones, that are pending and wait for no other one of their chain. */
export async function findHeads(pool: pg.Pool, ids: readonly string[]): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueDeliveryRow>(preparedStatement(pool, 'find-heads', FIND_HEADS, [ids]));
  return rows.map(toDueDelivery);
}

/**
 * Returns the heads of chains that are due, most of them for their first attempt, and are neither parked nor held. The caller adds their
 * jobs. To be called after the commit of the statement that has settled their predecessors.
 */
export async function findNextHeads(pool: pg.Pool, chains: readonly Chain[]): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueDeliveryRow>(
    preparedStatement(pool, 'find-next-heads', FIND_NEXT_HEADS, [
      chains.map(({ webhookId }) => webhookId),
      chains.map(({ chain }) => chain),
      chains.map(({ orderingKey }) => orderingKey),
    ]),
  );
  return rows.map(toDueDelivery);
}
