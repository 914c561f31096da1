import { settlesWithin } from '@posthorn/core';
import { Gauge, type Registry } from 'prom-client';

/** Health checks of the servers that a process needs. Each rejects while its server is unavailable. */
export interface Servers {
  postgresql: () => Promise<unknown>;
  redis: () => Promise<unknown>;
}

/** Timeout of a health check of PostgreSQL or Redis, in milliseconds. */
export const HEALTH_CHECK_TIMEOUT_MS = 2000;

/** Registers a gauge of the availability of PostgreSQL and Redis, checked whenever the metrics are read. */
export function serverGauges(registry: Registry, servers: Servers): void {
  void new Gauge({
    name: 'posthorn_server_up',
    help: 'Whether a server that this process needs is available',
    labelNames: ['server'],
    registers: [registry],
    async collect() {
      await Promise.all(
        Object.entries(servers).map(async ([server, check]) =>
          this.set({ server }, (await isUp(check)) ? 1 : 0),
        ),
      );
    },
  });
}

const isUp = (check: () => Promise<unknown>): Promise<boolean> =>
  settlesWithin(check(), HEALTH_CHECK_TIMEOUT_MS).catch(() => false);

/** The connection counts of a PostgreSQL pool. */
export interface CountedPool {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
  options: { max: number };
}

/** Registers gauges of the PostgreSQL connections of this process. */
export function poolGauges(registry: Registry, pools: Record<string, CountedPool>): void {
  void new Gauge({
    name: 'posthorn_postgresql_connections',
    help: 'Open connections to PostgreSQL, by pool',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      for (const [pool, { totalCount, idleCount }] of Object.entries(pools)) {
        this.set({ pool, state: 'idle' }, idleCount);
        this.set({ pool, state: 'used' }, totalCount - idleCount);
      }
    },
  });
  void new Gauge({
    name: 'posthorn_postgresql_waiting',
    help: 'Statements and transactions waiting because every connection of a pool is in use',
    labelNames: ['pool'],
    registers: [registry],
    collect() {
      for (const [pool, { totalCount, waitingCount, options }] of Object.entries(pools)) {
        // Below the maximum they wait only for a connection that is being opened.
        this.set({ pool }, totalCount < options.max ? 0 : waitingCount);
      }
    },
  });
}
