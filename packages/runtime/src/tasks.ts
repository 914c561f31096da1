import type { Part } from '@posthorn/core';
import type { Registry } from 'prom-client';
import { every, type Loop, type Pauses, type Work } from './every.js';
import type { Logger } from './logger.js';
import { sharedCounter, sharedGauge } from './shared-metrics.js';

interface TasksDeps {
  logger: Logger;
  registry: Registry;
}

/** The background tasks of a process. */
export interface Tasks extends Part {
  /**
   * Runs `work` now and again after a pause, which starts when a run ends. `name` is a label of the metrics and the log message.
   * Returns a function that wakes the task during a long pause.
   */
  run(name: string, pauses: number | Pauses, work: Work): () => void;
  /** Stops every task. Waits for the runs in progress. */
  stop(): Promise<void>;
}

/** Runs background tasks and counts their results. Logs a failed run, and continues. */
export function createTasks({ logger, registry }: TasksDeps): Tasks {
  const loops: Loop[] = [];
  const failures = sharedCounter(registry, {
    name: 'posthorn_task_failures_total',
    help: 'Failed runs of a background task',
    labelNames: ['task'],
  });
  const lastSuccess = sharedGauge(registry, {
    name: 'posthorn_task_last_success_timestamp_seconds',
    help: 'Time of the last successful run of a background task, or of its start before the first one',
    labelNames: ['task'],
    aggregator: 'min',
  });

  return {
    run(task, pauses, work) {
      failures.inc({ task }, 0);
      lastSuccess.set({ task }, Date.now() / 1000);
      const loop = every(
        pauses,
        async () => {
          const foundWork = await work();
          lastSuccess.set({ task }, Date.now() / 1000);
          return foundWork;
        },
        (error) => {
          failures.inc({ task });
          logger.warn('background task failed', { task, error });
        },
      );
      loops.push(loop);
      return () => loop.wake();
    },
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
