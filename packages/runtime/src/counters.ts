import { DEFAULT_TENANT_ID, type DropReason, encodeId } from '@posthorn/core';
import { type Registry } from 'prom-client';
import { sharedCounter } from './shared-metrics.js';

/** The ingress of an event; `internal` for operational events. */
export type EventSource = 'http' | 'queue' | 'stream' | 'outbox' | 'internal';

export type CountEvent = (source: EventSource, result: 'accepted' | 'duplicate' | 'rejected') => void;

/** Creates the counter of events that this process received. */
export function eventCounter(registry: Registry): CountEvent {
  const counter = sharedCounter(registry, {
    name: 'posthorn_events_total',
    help: 'Events received, by ingress and result',
    labelNames: ['source', 'result'],
  });
  return (source, result) => counter.inc({ source, result });
}

export type CountDropped = (reason: DropReason, count: number) => void;

/** Creates the counter of deliveries that this process dropped. */
export function dropCounter(registry: Registry): CountDropped {
  const counter = sharedCounter(registry, {
    name: 'posthorn_deliveries_dropped_total',
    help: 'Deliveries dropped without a further attempt, by reason',
    labelNames: ['reason'],
  });
  return (reason, count) => counter.inc({ reason }, count);
}

export type CountRefused = (reason: string, tenantId: string, events: number) => void;

/** Maximum number of tenants with their own series: the first ones whose events are refused. The others share one. */
const MAX_TENANT_LABELS = 20;

/** Creates the counter of events that this process refused because of an overload or a quota. */
export function refusalCounter(registry: Registry): CountRefused {
  const counter = sharedCounter(registry, {
    name: 'posthorn_publish_refused_total',
    help: 'Events refused before they were stored, because of an overload (503) or a quota (429, 403), by reason and tenant',
    labelNames: ['reason', 'tenant'],
  });
  const labels = new Map<string, string>();
  function labelOf(tenantId: string): string {
    const known = labels.get(tenantId);
    if (known !== undefined) return known;
    if (labels.size >= MAX_TENANT_LABELS) return 'other';
    const label = tenantId === DEFAULT_TENANT_ID ? 'default' : encodeId('tenant', tenantId);
    labels.set(tenantId, label);
    return label;
  }
  return (reason, tenantId, events) => counter.inc({ reason, tenant: labelOf(tenantId) }, events);
}

/**
 * `rejected`: the response of the identity provider is not valid. `failed`: PostgreSQL did not store it. `superseded`: another process confirms
 * the session.
 */
export type RefreshResult =
  | 'confirmed'
  | 'access_lost'
  | 'ended'
  | 'superseded'
  | 'unavailable'
  | 'rejected'
  | 'failed';

export type CountRefresh = (result: RefreshResult) => void;

/** Creates the counter of sessions of people that this process has asked the identity provider about. */
export function refreshCounter(registry: Registry): CountRefresh {
  const counter = sharedCounter(registry, {
    name: 'posthorn_session_refreshes_total',
    help: 'Sessions of people that the identity provider was asked about, by result',
    labelNames: ['result'],
  });
  return (result) => counter.inc({ result });
}
