import { idTimeMs, type IdKind, SYSTEM_TENANT_ID } from '@posthorn/core';
import type { Pool } from 'pg';
import { queryWithTimeout } from '../connection/query-with-timeout.js';
import { isNotDeleted } from '../tenancy/is-active-tenant.js';
import { SEARCH_TIMEOUT_MS, type SearchScope } from './search-scope.js';

/** A resource, or the one that it belongs to: an attempt leads to its delivery, a signing secret to its webhook. */
export interface FoundResource {
  id: string;
  /** Null if it concerns all tenants. */
  tenantId: string | null;
  title: string | null;
  /** Of a webhook. */
  description: string | null;
  webhookId: string | null;
  eventId: string | null;
  createdAt: Date;
}

/** A delivery has no time but that in its id. */
type Row = Omit<FoundResource, 'createdAt'> & { createdAt: Date | null };

/** Returns a SELECT of the columns of `FoundResource`. The id that is searched for is parameter $1. */
const select = (
  columns: Record<'title' | 'webhookId' | 'eventId' | 'createdAt', string> & { description?: string },
  rest: string,
) => `
SELECT r.id, r.tenant_id AS "tenantId", ${columns.title}::text AS title, ${columns.description ?? 'NULL'}::text AS description, ${columns.webhookId}::uuid AS "webhookId",
  ${columns.eventId}::uuid AS "eventId", ${columns.createdAt} AS "createdAt"
FROM ${rest}`;

/** What is found of a deleted tenant: itself, since it can be restored, and what was done with it. */
const OF_DELETED_TENANTS: ReadonlySet<Kind> = new Set<Kind>(['tenant', 'auditEntry']);

const webhook = (condition: string) =>
  select(
    {
      title: 'coalesce(r.url, r.description, r.external_id)',
      description: 'r.description',
      webhookId: 'r.id',
      eventId: 'NULL',
      createdAt: 'r.created_at',
    },
    `webhook r WHERE r.status <> 'deleted' AND ${condition}`,
  );

const delivery = (id: string) =>
  select(
    {
      title: 'e.type',
      webhookId: 'r.webhook_id',
      eventId: 'r.event_id',
      createdAt: 'NULL::timestamptz',
    },
    `delivery r LEFT JOIN event e ON e.id = r.event_id WHERE r.id = ${id}`,
  );

/**
 * An attempt that is the last one of a settled delivery has no index: it is found by when it was settled, which is shortly after the
 * time in its id.
 */
const ofAttempt = (id: string) => {
  const endedAt = `to_timestamp(${idTimeMs(id) / 1000})`;
  return delivery(`coalesce(
  (SELECT a.delivery_id FROM earlier_attempt a WHERE a.id = $1),
  (SELECT d.id FROM settled_delivery d WHERE d.attempt_id = $1
    AND d.settled_at >= ${endedAt} - interval '1 minute' AND d.settled_at < ${endedAt} + interval '10 minutes')
)`);
};

const row = (title: string, table: string) =>
  select(
    { title, webhookId: 'NULL', eventId: 'NULL', createdAt: 'r.created_at' },
    `${table} r WHERE r.id = $1`,
  );

/** Condition: the webhook has this signing secret or Ed25519 key. */
const BY_SECRET = `r.secrets @> jsonb_build_array(jsonb_build_object('id', $1::uuid))`;

/** All kinds of ids except events, which `searchEventsById` finds, and erasures and people, which are no results of a search. */
type Kind = Exclude<IdKind, 'event' | 'erasure' | 'person'>;

/** The statement that finds each kind of id. */
const STATEMENTS: Record<Kind, (id: string) => string> = {
  webhook: () => webhook('r.id = $1'),
  signingSecret: () => webhook(BY_SECRET),
  signingKey: () => webhook(BY_SECRET),
  delivery: () => delivery('$1'),
  attempt: ofAttempt,
  tenant: () => row('r.name', `(SELECT *, id AS tenant_id FROM tenant WHERE id <> '${SYSTEM_TENANT_ID}')`),
  apiKey: () => `${row('r.name', 'api_key')} AND r.kind = 'key'`,
  // Not its message, which may have values that are redacted.
  rejectedEvent: () => row('r.code', 'rejected_event'),
  replay: () =>
    select(
      { title: 'r.status', webhookId: 'r.webhook_id', eventId: 'r.event_id', createdAt: 'r.created_at' },
      'replay r WHERE r.id = $1 AND r.recovery_id IS NULL',
    ),
  recovery: () =>
    select(
      {
        title: `CASE WHEN r.cancelled_at IS NULL AND EXISTS (SELECT FROM replay WHERE recovery_id = r.id AND status = 'running') THEN 'running' ELSE 'finished' END`,
        webhookId: 'r.webhook_id',
        eventId: 'NULL',
        createdAt: 'r.created_at',
      },
      'recovery r WHERE r.id = $1',
    ),
  auditEntry: () => row('r.action', 'audit_entry'),
};

/** Returns the resource with an id, or null if there is none in the tenant. */
export async function findById(
  pool: Pool,
  { kind, id }: { kind: Kind; id: string },
  { tenantId }: Pick<SearchScope, 'tenantId'>,
): Promise<FoundResource | null> {
  const isListed = OF_DELETED_TENANTS.has(kind) ? 'true' : isNotDeleted('r');
  const text = `SELECT found.* FROM (${STATEMENTS[kind](id)}) AS found CROSS JOIN LATERAL (SELECT "tenantId" AS tenant_id) AS r
    WHERE ($2::uuid IS NULL OR "tenantId" = $2) AND ${isListed}`;
  const statement = { text, values: [id, tenantId] };
  const { rows } = await queryWithTimeout<Row>(pool, statement, SEARCH_TIMEOUT_MS);
  const [found] = rows;
  return found ? { ...found, createdAt: found.createdAt ?? new Date(idTimeMs(found.id)) } : null;
}
