import { Counter, type Registry } from 'prom-client';

/** The ingress of an event; `internal` for operational events. */
export type EventSource = 'http' | 'queue' | 'stream' | 'internal';

export type CountEvent = (source: EventSource, result: 'accepted' | 'duplicate' | 'rejected') => void;

/** Creates the counter of events that this process received. */
export function eventCounter(registry: Registry): CountEvent {
  const counter = new Counter({
    name: 'posthorn_events_total',
    help: 'Events received, by ingress and result',
    labelNames: ['source', 'result'],
    registers: [registry],
  });
  return (source, result) => counter.inc({ source, result });
}

export type CountDropped = (reason: 'suspended' | 'deleted' | 'replay_cancelled', count: number) => void;

/** Creates the counter of deliveries that this process dropped. */
export function dropCounter(registry: Registry): CountDropped {
  const counter = new Counter({
    name: 'posthorn_deliveries_dropped_total',
    help: 'Deliveries dropped without a further attempt, by reason',
    labelNames: ['reason'],
    registers: [registry],
  });
  return (reason, count) => counter.inc({ reason }, count);
}
