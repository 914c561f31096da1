import { type CertificateKind, idTimeMs } from '@posthorn/core';
import type pg from 'pg';
import { idFloor } from '../ids/id-floor.js';
import { ANNOUNCED_DAYS } from '../notifications/announce-certificates.js';
import { type Audience, isAcknowledged } from '../notifications/is-notified.js';
import { isActiveTenant, isNotStopped } from '../tenancy/is-active-tenant.js';
import { BUCKET_MS, HEALTH_PERIOD, RECENT_ATTEMPTS } from '../statistics/recent-attempts.js';

interface ListedWebhook {
  id: string;
  tenantId: string;
  url: string | null;
  description: string | null;
}

/** A webhook whose present state the audience can acknowledge. */
interface AcknowledgeableEntry extends ListedWebhook {
  acknowledgedAt: Date | null;
}

interface FailingEntry extends AcknowledgeableEntry {
  since: Date | null;
  /** The result of the last attempt: a status, or the code of an error. */
  lastStatus: number | null;
  lastError: string | null;
  /** The share of attempts that failed in the 10 minutes up to the last one, 0 to 1. */
  failureRate: number | null;
}

interface SuspendedEntry extends AcknowledgeableEntry {
  suspendedAt: Date | null;
  reason: string | null;
}

interface SlowEntry extends ListedWebhook {
  /** The average response time of the last 10 minutes, in milliseconds. */
  averageMs: number;
}

interface BacklogEntry extends ListedWebhook {
  /** At most `MAX_BACKLOG`. */
  pending: number;
  /** When its oldest pending delivery was created. */
  oldestAt: Date;
}

interface ExpiringEntry extends Omit<ListedWebhook, 'id'> {
  /** Null for a certificate of the tenant. */
  webhookId: string | null;
  kind: CertificateKind;
  notAfter: Date;
}

/** The worst webhooks of each kind, worst first, and how many there are. */
export interface Attention {
  failing: { total: number; webhooks: FailingEntry[] };
  suspended: { total: number; webhooks: SuspendedEntry[] };
  slow: { total: number; webhooks: SlowEntry[] };
  backlog: { total: number; webhooks: BacklogEntry[] };
  /** Certificates that have expired or expire soon, the first one first. */
  expiring: { total: number; certificates: ExpiringEntry[] };
  /** At most `MAX_REJECTED`. */
  rejectedEvents: { total: number; lastAt: Date | null };
}

interface AttentionQuery {
  /** Null for all tenants. */
  tenantId: string | null;
  /** Whose acknowledgements are read. */
  audience: Audience;
  now: Date;
  /** Webhooks of each kind. */
  limit: number;
}

/** Maximum number of deliveries of a webhook that are counted. */
export const MAX_BACKLOG = 10_000;
/** Maximum number of rejected events that are counted. */
const MAX_REJECTED = 1000;
/** Maximum number of rejected events that are read to count them. */
const MAX_READ = 10 * MAX_REJECTED;
/** A webhook whose responses take this long on average is slow, in milliseconds. */
const SLOW_AFTER_MS = 1000;
/** A webhook has a backlog if its oldest pending delivery is older, in milliseconds. */
const BACKLOG_AGE_MS = 60_000;
/** Rejected events of this period need attention, in milliseconds. */
const REJECTED_PERIOD_MS = 24 * 60 * 60_000;

const WEBHOOK = 'w.id, w.tenant_id AS "tenantId", w.url, w.description, count(*) OVER ()::int AS total';
/** Condition: webhook `w` is in scope. Nothing needs to be done about those of a tenant that is suspended or deleted. */
const OF_TENANT = `($1::uuid IS NULL OR w.tenant_id = $1) AND ${isActiveTenant()}`;

const ACKNOWLEDGED_AT = `CASE WHEN ${isAcknowledged} THEN m.acknowledged_at END`;
const WITH_MUTE = 'webhook w LEFT JOIN webhook_mute m ON m.webhook_id = w.id AND m.audience = $3';

/** Reads the recent attempts of the listed webhooks only. */
const FAILING = `
WITH listed AS MATERIALIZED (
  SELECT ${WEBHOOK}, w.health_since AS since, ${ACKNOWLEDGED_AT} AS "acknowledgedAt", w.active_since, w.validated_at,
    row_number() OVER (ORDER BY ${isAcknowledged}, w.health_since NULLS LAST, w.id) AS place
  FROM ${WITH_MUTE}
  WHERE ${OF_TENANT} AND w.status = 'active' AND w.health = 'failing'
  ORDER BY place LIMIT $2
)
SELECT w.id, w."tenantId", w.url, w.description, w.total, w.since, w."acknowledgedAt",
  r.last_status AS "lastStatus", r.last_error AS "lastError", r.failure_rate AS "failureRate"
FROM listed w CROSS JOIN LATERAL ${RECENT_ATTEMPTS} AS r ORDER BY w.place`;

const SUSPENDED = `
SELECT ${WEBHOOK}, w.suspended_at AS "suspendedAt", w.suspend_reason AS reason, ${ACKNOWLEDGED_AT} AS "acknowledgedAt"
FROM ${WITH_MUTE}
WHERE ${OF_TENANT} AND w.status = 'suspended' AND w.suspended_by = 'system'
ORDER BY ${isAcknowledged}, w.suspended_at DESC, w.id LIMIT $2`;

const SLOW = `
SELECT ${WEBHOOK}, l.average_ms AS "averageMs"
FROM webhook w CROSS JOIN LATERAL (
  SELECT sum(responses * ${BUCKET_MS}) / nullif(sum(responses), 0) AS average_ms
  FROM webhook_minute_stats s, unnest(s.latency_buckets, s.latency_counts) AS latency (bucket, responses)
  WHERE s.webhook_id = w.id AND s.minute > $3::timestamptz - ${HEALTH_PERIOD}
) AS l
WHERE ${OF_TENANT} AND w.status = 'active' AND w.slow_since IS NOT NULL AND l.average_ms >= ${SLOW_AFTER_MS}
ORDER BY l.average_ms DESC, w.id LIMIT $2`;

/** A loose index scan: reads one index entry per webhook, however many pending deliveries it has. */
const BACKLOG = `
WITH RECURSIVE oldest AS (
  (SELECT webhook_id, id FROM pending_delivery ORDER BY webhook_id, id LIMIT 1)
  UNION ALL
  SELECT next.webhook_id, next.id FROM oldest CROSS JOIN LATERAL (
    SELECT d.webhook_id, d.id FROM pending_delivery d
    WHERE d.webhook_id > oldest.webhook_id ORDER BY d.webhook_id, d.id LIMIT 1
  ) AS next
), listed AS (
  SELECT ${WEBHOOK}, o.id AS delivery_id FROM oldest o JOIN webhook w ON w.id = o.webhook_id
  WHERE ${OF_TENANT} AND w.status = 'active' AND o.id < $3 ORDER BY o.id LIMIT $2
)
SELECT l.id, l."tenantId", l.url, l.description, l.total, l.delivery_id AS "deliveryId", (
  SELECT count(*)::int FROM (SELECT FROM pending_delivery d WHERE d.webhook_id = l.id LIMIT ${MAX_BACKLOG}) AS counted
) AS pending
FROM listed l ORDER BY l.delivery_id`;

const EXPIRING = `
SELECT c.webhook_id AS "webhookId", c.tenant_id AS "tenantId", w.url, w.description, c.kind, c.expires_at AS "notAfter",
  count(*) OVER ()::int AS total
FROM tls_certificate c LEFT JOIN webhook w ON w.id = c.webhook_id
WHERE ($1::uuid IS NULL OR c.tenant_id = $1) AND ${isActiveTenant('c')}
  AND c.expires_at <= $3::timestamptz + interval '${ANNOUNCED_DAYS[0]} days'
ORDER BY c.expires_at, c.id LIMIT $2`;

const REJECTED = `
SELECT count(*)::int AS total, max(created_at) AS "lastAt"
FROM (
  SELECT created_at FROM (
    SELECT created_at, tenant_id FROM rejected_event
    WHERE id >= $2 AND ($1::uuid IS NULL OR tenant_id = $1) ORDER BY id DESC LIMIT ${MAX_READ}
  ) AS r
  -- A suspended tenant may go on pushing events.
  WHERE ${isNotStopped('r')} LIMIT ${MAX_REJECTED}
) AS recent`;

/** Returns what needs the attention of an operator. Every statement reads a bounded number of rows for each webhook. */
export async function readAttention(
  pool: pg.Pool,
  { tenantId, audience, now, limit }: AttentionQuery,
): Promise<Attention> {
  const [failing, suspended, slow, backlog, expiring, rejected] = await Promise.all([
    pool.query<Listed<FailingEntry>>(FAILING, [tenantId, limit, audience]),
    pool.query<Listed<SuspendedEntry>>(SUSPENDED, [tenantId, limit, audience]),
    pool.query<Listed<SlowEntry>>(SLOW, [tenantId, limit, now]),
    pool.query<Listed<Omit<BacklogEntry, 'oldestAt'> & { deliveryId: string }>>(BACKLOG, [
      tenantId,
      limit,
      idFloor(now.getTime() - BACKLOG_AGE_MS),
    ]),
    pool.query<Listed<ExpiringEntry>>(EXPIRING, [tenantId, limit, now]),
    pool.query<Attention['rejectedEvents']>(REJECTED, [
      tenantId,
      idFloor(now.getTime() - REJECTED_PERIOD_MS),
    ]),
  ]);
  return {
    failing: listed(failing.rows),
    suspended: listed(suspended.rows),
    slow: listed(slow.rows),
    backlog: listed(
      backlog.rows.map(({ deliveryId, ...row }) =>
        Object.assign(row, { oldestAt: new Date(idTimeMs(deliveryId)) }),
      ),
    ),
    expiring: { total: expiring.rows[0]?.total ?? 0, certificates: expiring.rows },
    rejectedEvents: rejected.rows[0] ?? { total: 0, lastAt: null },
  };
}

/** A row of a list, with the length of the whole list. */
type Listed<Row> = Row & { total: number };

function listed<Row extends { total: number }>(webhooks: Row[]): { total: number; webhooks: Row[] } {
  return { total: webhooks[0]?.total ?? 0, webhooks };
}
