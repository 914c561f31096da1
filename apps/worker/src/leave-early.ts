import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane } from '@posthorn/core';
import type { DeliveryQueue, DeliveryTask, TaskResult } from '@posthorn/queue';

/**
 * Gives the place in the lane back while the request goes on, if others may need it. Answers whether it is given back: not
 * while there are places enough, nor when too many have left already.
 */
export type Leave = () => boolean;

export interface LeaveEarlyDeps {
  queue: Pick<DeliveryQueue, 'enqueue' | 'withdraw' | 'postpone'>;
  /** Places in each lane. */
  places: Record<Lane, number>;
  /** Most requests of this process that go on without a place. */
  max: number;
  onError: (error: unknown) => void;
}

export interface LeaveEarly {
  run(task: DeliveryTask): Promise<TaskResult>;
  /** Whether so many places of a lane are taken that the next ones may have to wait. */
  isFull(lane: Lane): boolean;
  /** Places of a lane that are taken. */
  taken(lane: Lane): number;
  /** Requests that go on without a place. */
  goingOn(): number;
  /** Waits for them. */
  idle(): Promise<void>;
  /** Leaves those that still go on to other workers, which run them again in a moment: this process ends. */
  handOver(): Promise<void>;
}

/** The job of a delivery that left runs again after this unless it is put off, in case this process dies. */
const SAFETY_MS = 45_000;
const PUT_OFF_EVERY_MS = 15_000;

/** What is handed over is run again after this: the answer may still come and be put on record. */
const HANDED_OVER_MS = 1000;

/** A job whose worker is letting go of it just now is asked for again after this, so many times. */
const WITHDRAW_AGAIN_MS = 50;
const MAX_WITHDRAWALS = 20;

/** The share of its places from which on a lane counts as full. */
const FULL_SHARE = 0.75;

const safetyTime = (): Date => new Date(Date.now() + SAFETY_MS);

/**
 * Lets a delivery leave its place in the lane before it is over. A receiver that keeps its requests waiting would else fill
 * every place, and nobody else would be served.
 */
export function leaveEarly(
  { queue, places, max, onError }: LeaveEarlyDeps,
  deliver: (task: DeliveryTask, leave: Leave) => Promise<TaskResult>,
): LeaveEarly {
  const goingOn = new Map<DeliveryTask, Promise<void>>();
  let ending = false;
  const taken: Record<Lane, number> = { fast: 0, slow: 0, retry: 0, replay: 0 };
  const isFull = (lane: Lane) => taken[lane] > places[lane] * FULL_SHARE;

  /** Does for the job what the queue does when a delivery ends in its place. */
  async function goOn({ deliveryId, lane }: DeliveryTask, rest: Promise<TaskResult>): Promise<void> {
    let puttingOff = Promise.resolve();
    const timer = setInterval(() => {
      if (ending) return;
      puttingOff = queue.postpone(deliveryId, lane, safetyTime()).catch(onError);
    }, PUT_OFF_EVERY_MS);
    try {
      const { again } = await rest.finally(() => clearInterval(timer));
      // Not to put off the next job of the delivery.
      await puttingOff;
      await withdraw(deliveryId, lane);
      if (again) await queue.enqueue([{ deliveryId, dueAt: again.at, lane: again.lane }]);
    } catch (error) {
      // The job that waits for its safety time does what could not be done here.
      onError(error);
    }
  }

  /** Without this a next job would not be taken: there would be one already. */
  async function withdraw(deliveryId: string, lane: Lane): Promise<void> {
    for (let tries = 0; tries < MAX_WITHDRAWALS; tries += 1) {
      if (await queue.withdraw(deliveryId, lane)) return;
      await sleep(WITHDRAW_AGAIN_MS);
    }
  }

  function run(task: DeliveryTask): Promise<TaskResult> {
    taken[task.lane] += 1;
    return new Promise((resolve, reject) => {
      let left = false;
      const leave: Leave = () => {
        if (left || !isFull(task.lane) || goingOn.size >= max) return left;
        left = true;
        taken[task.lane] -= 1;
        resolve({ again: { at: safetyTime(), lane: task.lane } });
        goingOn.set(
          task,
          goOn(task, delivered).finally(() => goingOn.delete(task)),
        );
        return true;
      };
      const delivered = deliver(task, leave);
      const settle =
        <T>(end: (value: T) => void) =>
        (value: T) => {
          if (!left) taken[task.lane] -= 1;
          end(value);
        };
      delivered.then(settle(resolve), settle(reject));
    });
  }

  return {
    run,
    isFull,
    taken: (lane) => taken[lane],
    goingOn: () => goingOn.size,
    async idle() {
      await Promise.all(goingOn.values());
    },
    async handOver() {
      ending = true;
      const at = new Date(Date.now() + HANDED_OVER_MS);
      const postponed = Array.from(goingOn.keys(), ({ deliveryId, lane }) =>
        queue.postpone(deliveryId, lane, at),
      );
      await Promise.all(postponed.map((done) => done.catch(onError)));
    },
  };
}
