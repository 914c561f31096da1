import { Counter, Gauge, type Registry } from 'prom-client';
import { every, type Loop } from './every.js';
import type { Logger } from './logger.js';

export interface TaskDeps {
  logger: Logger;
  registry: Registry;
}

/** Starts a piece of work that is done in rounds, and counts them under its name. */
export type StartTask = (name: string, intervalMs: number, work: () => Promise<void>) => Loop;

/** The background work of a process: a round that fails is told, and the next one comes. */
export function createTasks({ logger, registry }: TaskDeps): StartTask {
  const failures = new Counter({
    name: 'posthorn_task_failures_total',
    help: 'Rounds of background work that failed',
    labelNames: ['task'],
    registers: [registry],
  });
  const lastSuccess = new Gauge({
    name: 'posthorn_task_last_success_timestamp_seconds',
    help: 'When a round of background work last went through, or else when it began',
    labelNames: ['task'],
    registers: [registry],
  });
  return (task, intervalMs, work) => {
    failures.inc({ task }, 0);
    lastSuccess.set({ task }, Date.now() / 1000);
    return every(
      intervalMs,
      async () => {
        await work();
        lastSuccess.set({ task }, Date.now() / 1000);
      },
      (error) => {
        failures.inc({ task });
        logger.warn(task, { error });
      },
    );
  };
}
