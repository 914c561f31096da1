import { settlesWithin } from '@posthorn/core';
import type { Registry } from 'prom-client';
import { sharedGauge } from './shared-metrics.js';

/** Health checks of the servers that a process needs. Each rejects while its server is unavailable. */
export interface Servers {
  postgresql: () => Promise<unknown>;
  redis: () => Promise<unknown>;
}

/** Timeout of a health check of PostgreSQL or Redis, in milliseconds. */
export const HEALTH_CHECK_TIMEOUT_MS = 2000;

/**
 * Registers a gauge of the availability of PostgreSQL and Redis, checked whenever the metrics are read. Parts of one process use the
 * same servers, so the checks of the first part are enough.
 */
export function serverGauges(registry: Registry, servers: Servers): void {
  sharedGauge(registry, {
    name: 'posthorn_server_up',
    help: 'Whether a server that this process needs is available',
    labelNames: ['server'],
    aggregator: 'min',
    async collect() {
      await Promise.all(
        Object.entries(servers).map(async ([server, check]) =>
          this.set({ server }, (await isUp(check)) ? 1 : 0),
        ),
      );
    },
  });
}

/** Returns whether a health check, or another call of a server, succeeds in time. */
export const isUp = (check: () => Promise<unknown>): Promise<boolean> =>
  settlesWithin(check(), HEALTH_CHECK_TIMEOUT_MS).catch(() => false);

/** Whether nothing that is stored may be sent. */
export interface Held {
  readonly isHeld: boolean;
}

/** Registers a gauge of whether nothing is sent because erased data may be back in the database. Parts of one process find the same. */
export function quarantineGauge(registry: Registry, quarantine: Held): void {
  sharedGauge(registry, {
    name: 'posthorn_quarantined',
    help: 'Whether nothing that is stored is sent or shown, because erased data may be back in the database',
    aggregator: 'max',
    collect() {
      this.set(quarantine.isHeld ? 1 : 0);
    },
  });
}

/** The connection counts of a PostgreSQL pool. */
interface CountedPool {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
  options: { max: number };
}

/** The pools of each part of a process, by the registry of the process. */
const pools = new WeakMap<Registry, [name: string, pool: CountedPool][]>();

/** Registers gauges of the PostgreSQL connections of this process. Pools of the same name in several parts are added up. */
export function poolGauges(registry: Registry, ofPart: Record<string, CountedPool>): void {
  const known = pools.get(registry) ?? [];
  known.push(...Object.entries(ofPart));
  pools.set(registry, known);
  sharedGauge(registry, {
    name: 'posthorn_postgresql_connections',
    help: 'Open connections to PostgreSQL, by pool',
    labelNames: ['pool', 'state'],
    collect() {
      this.reset();
      for (const [pool, { totalCount, idleCount }] of known) {
        this.inc({ pool, state: 'idle' }, idleCount);
        this.inc({ pool, state: 'used' }, totalCount - idleCount);
      }
    },
  });
  sharedGauge(registry, {
    name: 'posthorn_postgresql_waiting',
    help: 'Statements and transactions waiting because every connection of a pool is in use',
    labelNames: ['pool'],
    collect() {
      this.reset();
      for (const [pool, { totalCount, waitingCount, options }] of known) {
        // Below the maximum they wait only for a connection that is being opened.
        this.inc({ pool }, totalCount < options.max ? 0 : waitingCount);
      }
    },
  });
}
