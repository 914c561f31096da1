import { setTimeout as sleep } from 'node:timers/promises';
import { type Deadline, type Lane, type Part, settlesWithin, stopOnce } from '@posthorn/core';
import type { DeliveryQueue, DeliveryTask, TaskResult } from '@posthorn/queue';
import type { LanePermit, LanePermits } from './lane-permits.js';
import type { LaneTurns } from './lane-turns.js';

/** The permit of a delivery in its lane, as the delivery uses it. */
export type DeliveryPermit = Pick<LanePermit, 'claim' | 'detach'>;

export type Deliver = (task: DeliveryTask, permit: DeliveryPermit) => Promise<TaskResult>;

export interface DeliveryRunnerDeps {
  queue: Pick<DeliveryQueue, 'enqueue' | 'removeJob' | 'postpone'>;
  permits: LanePermits;
  turns: Pick<LaneTurns, 'wait'>;
  deliver: Deliver;
  onError: (error: unknown) => void;
}

export interface DeliveryRunner extends Part {
  run(task: DeliveryTask): Promise<TaskResult>;
  /** Resolves when no delivery is detached. */
  idle(): Promise<void>;
  /** Waits for the detached deliveries. Those that outlast the deadline are left to other workers. */
  stop(deadline: Deadline): Promise<void>;
}

/** Delay of a second job of a delivery that runs in this process, in milliseconds. */
const SECOND_JOB_DELAY_MS = 1000;

/** The job of a detached delivery runs again after this time, in case this process dies. It is postponed regularly. */
const SAFETY_DELAY_MS = 45_000;
const POSTPONE_INTERVAL_MS = 15_000;

/** Delay of a job that is handed over, in milliseconds: the response may still arrive and be recorded. */
const HAND_OVER_DELAY_MS = 1000;

/** Timeout for handing deliveries over, in milliseconds: Redis may be unavailable. */
const HAND_OVER_TIMEOUT_MS = 500;

/** Delay before the removal of a job that is still active is retried, in milliseconds. */
const REMOVE_RETRY_MS = 50;
const MAX_REMOVALS = 20;

/**
 * Runs the jobs of deliveries: each delivery once at a time, when its lane lets it. A delivery with a late request is detached: its job
 * ends before it does, and it leaves its lane. Otherwise a receiver that does not respond would occupy the whole lane and block all others.
 */
export function createDeliveryRunner({
  queue,
  permits,
  turns,
  deliver,
  onError,
}: DeliveryRunnerDeps): DeliveryRunner {
  const running = new Set<string>();
  const detached = new Map<DeliveryTask, Promise<void>>();
  let isStopping = false;

  async function run(task: DeliveryTask): Promise<TaskResult> {
    // After Redis was flushed the reconciler recreates the job of a delivery whose request is still in flight here.
    if (running.has(task.deliveryId))
      return { reschedule: { delayMs: SECOND_JOB_DELAY_MS, lane: task.lane } };
    running.add(task.deliveryId);
    try {
      return await runAlone(task, await turns.wait(task));
    } catch (error) {
      running.delete(task.deliveryId);
      throw error;
    }
  }

  /** @param endTurn to be called when the delivery leaves its lane */
  function runAlone(task: DeliveryTask, endTurn: () => void): Promise<TaskResult> {
    const permit = permits.acquire(task.lane);
    let isDetached = false;
    return new Promise((resolve, reject) => {
      const detach = (payloadBytes: number): boolean => {
        if (isDetached || !permit.detach(payloadBytes)) return isDetached;
        isDetached = true;
        endTurn();
        resolve({ reschedule: { delayMs: SAFETY_DELAY_MS, lane: task.lane, isInFlight: true } });
        const completed = complete(task, result).finally(() => {
          permit.release();
          detached.delete(task);
        });
        detached.set(task, completed);
        return true;
      };
      const result = deliver(task, { claim: (tenantId) => permit.claim(tenantId), detach });
      result
        .finally(() => {
          running.delete(task.deliveryId);
          if (isDetached) return;
          endTurn();
          permit.release();
        })
        .then(resolve, reject);
    });
  }

  /** Completes the job of a detached delivery, as the queue does for other jobs. */
  async function complete({ deliveryId, lane }: DeliveryTask, result: Promise<TaskResult>): Promise<void> {
    let postponing = Promise.resolve();
    const timer = setInterval(() => {
      if (isStopping) return;
      postponing = queue.postpone(deliveryId, lane, SAFETY_DELAY_MS).catch(onError);
    }, POSTPONE_INTERVAL_MS);
    try {
      const { reschedule } = await result.finally(() => clearInterval(timer));
      // Otherwise it could postpone the next job of the delivery.
      await postponing;
      await removeJob(deliveryId, lane);
      if (reschedule) await queue.enqueue([{ deliveryId, ...reschedule }]);
    } catch (error) {
      // The job runs again at its safety time and repeats the failed step.
      onError(error);
    }
  }

  /** Removes the job that waits for its safety time. A new one would be ignored as a duplicate. */
  async function removeJob(deliveryId: string, lane: Lane): Promise<void> {
    for (let attempt = 0; attempt < MAX_REMOVALS; attempt += 1) {
      if (await queue.removeJob(deliveryId, lane)) return;
      await sleep(REMOVE_RETRY_MS);
    }
  }

  async function idle(): Promise<void> {
    await Promise.all(detached.values());
  }

  /** Hands the detached deliveries over to other workers: their jobs run soon. */
  async function handOver(): Promise<void> {
    isStopping = true;
    const postponed = Array.from(detached.keys(), ({ deliveryId, lane }) =>
      queue.postpone(deliveryId, lane, HAND_OVER_DELAY_MS),
    );
    await Promise.all(postponed.map((done) => done.catch(onError)));
  }

  return {
    run,
    idle,
    stop: stopOnce(async (deadline: Deadline) => {
      if (await settlesWithin(idle(), deadline.remainingMs)) return;
      await settlesWithin(handOver(), HAND_OVER_TIMEOUT_MS);
    }),
  };
}
