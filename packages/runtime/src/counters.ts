import { Counter, type Registry } from 'prom-client';

/** Where an event came from; internal: Posthorn tells of itself. */
export type EventSource = 'http' | 'queue' | 'stream' | 'internal';

export type CountEvent = (source: EventSource, result: 'accepted' | 'duplicate' | 'rejected') => void;

/** Counts what became of the events that came to this process. */
export function eventCounter(registry: Registry): CountEvent {
  const counter = new Counter({
    name: 'posthorn_events_total',
    help: 'Events by where they came from and what became of them',
    labelNames: ['source', 'result'],
    registers: [registry],
  });
  return (source, result) => counter.inc({ source, result });
}

export type CountDropped = (reason: 'suspended' | 'deleted' | 'replay_cancelled', count: number) => void;

/** Counts the deliveries that this process ended before they were sent. */
export function dropCounter(registry: Registry): CountDropped {
  const counter = new Counter({
    name: 'posthorn_deliveries_dropped_total',
    help: 'Deliveries that were ended without a further attempt, by reason',
    labelNames: ['reason'],
    registers: [registry],
  });
  return (reason, count) => counter.inc({ reason }, count);
}
