import { setTimeout as sleep } from 'node:timers/promises';
import { type Deadline, type Lane, type Part, settlesWithin, stopOnce } from '@posthorn/core';
import type { DeliveryQueue, DeliveryTask, TaskResult } from '@posthorn/queue';
import type { LanePermit, LanePermits } from './lane-permits.js';
import type { LaneTurns } from './lane-turns.js';

/** The permit of a delivery in its lane, as the delivery uses it. */
export interface DeliveryPermit extends Pick<LanePermit, 'claim' | 'detach'> {
  /**
   * Begins to send the delivery as it was read. Returns false if this process already runs it with this epoch or a later one. Requests of
   * earlier epochs may be in flight: a delivery that was made pending again does not wait for them.
   */
  begin: (epoch: number) => boolean;
}

/** A run of a delivery. Its epoch is null until it was read. */
interface Run {
  epoch: number | null;
  /** A later run has begun, with another job. */
  isSuperseded: boolean;
}

export type Deliver = (task: DeliveryTask, permit: DeliveryPermit) => Promise<TaskResult>;

export interface DeliveryRunnerDeps {
  queue: Pick<DeliveryQueue, 'enqueue' | 'removeJob' | 'postpone'>;
  permits: LanePermits;
  turns: Pick<LaneTurns, 'wait'>;
  deliver: Deliver;
  onError: (error: unknown) => void;
}

/** Delay of a second job of a delivery that runs in this process, unless it was made pending again, in milliseconds. */
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
 * Runs the jobs of deliveries: each epoch of a delivery once at a time, when its lane lets it. A delivery with a late request is detached: its job
 * ends before it does, and it leaves its lane. Otherwise a receiver that does not respond would occupy the whole lane and block all others.
 */
export class DeliveryRunner implements Part {
  readonly #deps: DeliveryRunnerDeps;
  readonly #running = new Map<string, Run[]>();
  readonly #detached = new Map<DeliveryTask, Promise<void>>();
  #isStopping = false;

  constructor(deps: DeliveryRunnerDeps) {
    this.#deps = deps;
  }

  async run(task: DeliveryTask): Promise<TaskResult> {
    // After Redis was flushed the reconciler recreates the job of a delivery whose request is still in flight here.
    const others = this.#running.get(task.deliveryId);
    if (others && !task.requeued) return { reschedule: { delayMs: SECOND_JOB_DELAY_MS, lane: task.lane } };
    const run: Run = { epoch: null, isSuperseded: false };
    this.#running.set(task.deliveryId, others ? [...others, run] : [run]);
    try {
      return await this.#runInTurn(task, run, await this.#deps.turns.wait(task));
    } catch (error) {
      this.#end(task, run);
      throw error;
    }
  }

  #begin(task: DeliveryTask, run: Run, epoch: number): boolean {
    const others = (this.#running.get(task.deliveryId) ?? []).filter((other) => other !== run);
    if (others.some((other) => other.epoch === null || other.epoch >= epoch)) {
      // So that the other one does not leave the delivery to this one.
      this.#end(task, run);
      return false;
    }
    run.epoch = epoch;
    for (const other of others) other.isSuperseded = true;
    return true;
  }

  #end({ deliveryId }: DeliveryTask, run: Run): void {
    const others = (this.#running.get(deliveryId) ?? []).filter((other) => other !== run);
    if (others.length > 0) this.#running.set(deliveryId, others);
    else this.#running.delete(deliveryId);
  }

  /** Resolves when no delivery is detached. */
  async idle(): Promise<void> {
    await Promise.all(this.#detached.values());
  }

  /** Waits for the detached deliveries. Those that outlast the deadline are left to other workers. */
  readonly stop = stopOnce(async (deadline: Deadline) => {
    if (await settlesWithin(this.idle(), deadline.remainingMs)) return;
    await settlesWithin(this.#handOver(), HAND_OVER_TIMEOUT_MS);
  });

  /** @param endTurn to be called when the delivery leaves its lane */
  #runInTurn(task: DeliveryTask, run: Run, endTurn: () => void): Promise<TaskResult> {
    const permit = this.#deps.permits.acquire(task.lane);
    let isDetached = false;
    return new Promise((resolve, reject) => {
      const detach = (payloadBytes: number): boolean => {
        if (isDetached || !permit.detach(payloadBytes)) return isDetached;
        isDetached = true;
        endTurn();
        resolve({ reschedule: { delayMs: SAFETY_DELAY_MS, lane: task.lane, isInFlight: true } });
        const completed = this.#complete(task, run, result).finally(() => {
          permit.release();
          this.#detached.delete(task);
        });
        this.#detached.set(task, completed);
        return true;
      };
      const result = this.#deps.deliver(task, {
        claim: (tenantId) => permit.claim(tenantId),
        detach,
        begin: (epoch) => this.#begin(task, run, epoch),
      });
      result
        .finally(() => {
          this.#end(task, run);
          if (isDetached) return;
          endTurn();
          permit.release();
        })
        .then(resolve, reject);
    });
  }

  /** Completes the job of a detached delivery, as the queue does for other jobs. */
  async #complete({ deliveryId, lane }: DeliveryTask, run: Run, result: Promise<TaskResult>): Promise<void> {
    const { queue, onError } = this.#deps;
    let postponing = Promise.resolve();
    const timer = setInterval(() => {
      if (this.#isStopping || run.isSuperseded) return;
      postponing = queue.postpone(deliveryId, lane, SAFETY_DELAY_MS).catch(onError);
    }, POSTPONE_INTERVAL_MS);
    try {
      const { reschedule, hasOtherJob } = await result.finally(() => clearInterval(timer));
      // Otherwise it could postpone the next job of the delivery.
      await postponing;
      if (run.isSuperseded || hasOtherJob) return;
      await this.#removeJob(deliveryId, lane);
      if (reschedule) await queue.enqueue([{ deliveryId, ...reschedule }]);
    } catch (error) {
      // The job runs again at its safety time and repeats the failed step.
      onError(error);
    }
  }

  /** Removes the job that waits for its safety time. A new one would be ignored as a duplicate. */
  async #removeJob(deliveryId: string, lane: Lane): Promise<void> {
    for (let attempt = 0; attempt < MAX_REMOVALS; attempt += 1) {
      if (await this.#deps.queue.removeJob(deliveryId, lane)) return;
      await sleep(REMOVE_RETRY_MS);
    }
  }

  /** Hands the detached deliveries over to other workers: their jobs run soon. */
  async #handOver(): Promise<void> {
    this.#isStopping = true;
    const { queue, onError } = this.#deps;
    const postponed = Array.from(this.#detached.keys(), ({ deliveryId, lane }) =>
      queue.postpone(deliveryId, lane, HAND_OVER_DELAY_MS),
    );
    await Promise.all(postponed.map((done) => done.catch(onError)));
  }
}
