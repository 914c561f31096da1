import { setTimeout as sleep } from 'node:timers/promises';
import { type Deadline, type Part, settlesWithin, stopOnce } from '@posthorn/core';
import type { DeliveryQueue, DeliveryTask, TaskResult } from '@posthorn/queue';
import type { LanePermit, LanePermits } from './lane-permits.js';
import type { DeliveryRead } from '../store/delivery-loader.js';
import type { LaneTurns } from './lane-turns.js';

/** The permit of a delivery in its lane, as the delivery uses it. */
export interface DeliveryPermit extends Pick<LanePermit, 'claim' | 'detach'> {
  /**
   * Begins to send the delivery as it was read. Returns false if this process already runs it with this epoch or a later one. Requests of
   * earlier epochs may be in flight: a delivery that was made pending again does not wait for them.
   */
  begin: (epoch: number) => boolean;
}

/** A run of a delivery. */
interface Run {
  task: DeliveryTask;
  /** The epoch of the delivery as it was read when this run began to send it; null before. */
  epoch: number | null;
  /** Another run continues with the delivery, with its own job. */
  isSuperseded: boolean;
}

/** Runs the job of a delivery, or a delivery that this process has just stored, which need not be loaded. */
export type Deliver = (
  task: DeliveryTask,
  permit: DeliveryPermit,
  stored?: DeliveryRead,
) => Promise<TaskResult>;

/** A run whose turn it is. */
interface Turn {
  /** To be called when the delivery leaves its lane. */
  endTurn: () => void;
  permit: LanePermit;
  stored?: DeliveryRead;
}

export interface DeliveryRunnerDeps {
  queue: Pick<DeliveryQueue, 'enqueue' | 'removeJob' | 'postpone'>;
  permits: LanePermits;
  turns: Pick<LaneTurns, 'wait' | 'begin'>;
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
  readonly #detached = new Map<Run, Promise<void>>();
  #isStopping = false;

  constructor(deps: DeliveryRunnerDeps) {
    this.#deps = deps;
  }

  async run(task: DeliveryTask): Promise<TaskResult> {
    // After Redis was flushed the reconciler recreates the job of a delivery whose request is still in flight here.
    const others = this.#running.get(task.deliveryId);
    if (others && !task.requeued) return { reschedule: { delayMs: SECOND_JOB_DELAY_MS, lane: task.lane } };
    // Its job was added after the delivery was made pending again, so it reads what they would read, or a later state.
    others?.forEach((other) => (other.isSuperseded ||= other.epoch === null));
    const run: Run = { task, epoch: null, isSuperseded: false };
    this.#running.set(task.deliveryId, others ? [...others, run] : [run]);
    try {
      const endTurn = await this.#deps.turns.wait(task);
      return await this.#runInTurn(run, { endTurn, permit: this.#deps.permits.acquire(task.lane) });
    } catch (error) {
      this.#end(run);
      throw error;
    }
  }

  /** Runs a delivery that this process has just stored, and for which its lane has room: it has its permit at once. */
  runStored(task: DeliveryTask, stored: DeliveryRead): Promise<TaskResult> {
    const run: Run = { task, epoch: null, isSuperseded: false };
    this.#running.set(task.deliveryId, [run]);
    const permit = this.#deps.permits.acquire(task.lane);
    permit.claim(stored.loaded.webhook.tenantId);
    return this.#runInTurn(run, { endTurn: this.#deps.turns.begin(task), permit, stored });
  }

  #begin(run: Run, epoch: number): boolean {
    const others = (this.#running.get(run.task.deliveryId) ?? []).filter((other) => other !== run);
    if (run.isSuperseded || others.some((other) => (other.epoch ?? -1) >= epoch)) return false;
    run.epoch = epoch;
    for (const other of others) other.isSuperseded ||= other.epoch !== null;
    return true;
  }

  #end(run: Run): void {
    const { deliveryId } = run.task;
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

  #runInTurn(run: Run, { endTurn, permit, stored }: Turn): Promise<TaskResult> {
    const { task } = run;
    let isDetached = false;
    return new Promise((resolve, reject) => {
      const detach = (payloadBytes: number): boolean => {
        if (isDetached || !permit.detach(payloadBytes)) return isDetached;
        isDetached = true;
        endTurn();
        resolve({ reschedule: { delayMs: SAFETY_DELAY_MS, lane: task.lane, isInFlight: true } });
        const completed = this.#complete(run, result).finally(() => {
          permit.release();
          this.#detached.delete(run);
        });
        this.#detached.set(run, completed);
        return true;
      };
      const begin = (epoch: number) => this.#begin(run, epoch);
      const result = this.#deps.deliver(task, { claim: permit.claim, detach, begin }, stored);
      result
        .finally(() => {
          this.#end(run);
          if (isDetached) return;
          endTurn();
          permit.release();
        })
        .then((ended) => resolve(resultFor(run, ended)), reject);
    });
  }

  /** Completes the job of a detached delivery, as the queue does for other jobs. */
  async #complete(run: Run, result: Promise<TaskResult>): Promise<void> {
    const { queue, onError } = this.#deps;
    const { deliveryId, requeued } = run.task;
    let postponing = Promise.resolve();
    const timer = setInterval(() => {
      if (this.#isStopping) return;
      postponing = queue.postpone(run.task, SAFETY_DELAY_MS).catch(onError);
    }, POSTPONE_INTERVAL_MS);
    try {
      const { reschedule, hasOtherJob } = resultFor(run, await result.finally(() => clearInterval(timer)));
      // Otherwise it could postpone the next job of the delivery.
      await postponing;
      // Another one may have replaced it in its lane.
      await this.#removeJob(run.task, hasOtherJob ? run.task.addedAt : undefined);
      if (reschedule) await queue.enqueue([{ deliveryId, requeued, ...reschedule }]);
    } catch (error) {
      // The job runs again at its safety time and repeats the failed step.
      onError(error);
    }
  }

  /**
   * Removes the job that waits for its safety time. A new one would be ignored as a duplicate.
   * @param addedAt as for the queue
   */
  async #removeJob({ deliveryId, lane }: DeliveryTask, addedAt?: number): Promise<void> {
    for (let attempt = 0; attempt < MAX_REMOVALS; attempt += 1) {
      if (await this.#deps.queue.removeJob(deliveryId, lane, addedAt)) return;
      await sleep(REMOVE_RETRY_MS);
    }
  }

  /** Hands the detached deliveries over to other workers: their jobs run soon. */
  async #handOver(): Promise<void> {
    this.#isStopping = true;
    const { queue, onError } = this.#deps;
    const handedOver = Array.from(this.#detached.keys(), ({ task, isSuperseded }) =>
      isSuperseded ? this.#removeJob(task, task.addedAt) : queue.postpone(task, HAND_OVER_DELAY_MS),
    );
    await Promise.all(handedOver.map((done) => done.catch(onError)));
  }
}

/** Returns what remains to be done for the job of a run. */
function resultFor({ task, isSuperseded }: Run, result: TaskResult): TaskResult {
  if (isSuperseded) return { reschedule: null, hasOtherJob: true };
  // A delivery has one job in a lane, and in the other lanes that of a request of an earlier epoch may be there for long.
  if (task.requeued && result.reschedule) return { reschedule: { ...result.reschedule, lane: task.lane } };
  return result;
}
