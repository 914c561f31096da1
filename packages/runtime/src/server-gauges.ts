import { settlesWithin } from '@posthorn/core';
import { Gauge, type Registry } from 'prom-client';

/** What a process cannot work without. Each call rejects when it is away. */
export interface Servers {
  postgresql: () => Promise<unknown>;
  redis: () => Promise<unknown>;
}

/** How long PostgreSQL and Redis may take to answer, in milliseconds. */
export const ANSWER_TIMEOUT_MS = 2000;

/** Whether PostgreSQL and Redis answer this process, asked whenever the metrics are read. */
export function serverGauges(registry: Registry, servers: Servers): void {
  void new Gauge({
    name: 'posthorn_server_up',
    help: 'Whether a server that this process needs answers it',
    labelNames: ['server'],
    registers: [registry],
    async collect() {
      await Promise.all(
        Object.entries(servers).map(async ([server, ask]) => this.set({ server }, (await isUp(ask)) ? 1 : 0)),
      );
    },
  });
}

const isUp = (ask: () => Promise<unknown>): Promise<boolean> =>
  settlesWithin(ask(), ANSWER_TIMEOUT_MS).catch(() => false);

/** A pool of connections to PostgreSQL, as its driver counts. */
export interface CountedPool {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
  options: { max: number };
}

/** How this process uses its connections to PostgreSQL. */
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
    help: 'Statements and transactions that wait because all connections of a pool are in use',
    labelNames: ['pool'],
    registers: [registry],
    collect() {
      for (const [pool, { totalCount, waitingCount, options }] of Object.entries(pools)) {
        // As long as there may be more connections, they wait for nothing but one that is being made.
        this.set({ pool }, totalCount < options.max ? 0 : waitingCount);
      }
    },
  });
}
