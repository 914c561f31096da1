import { setTimeout as sleep } from 'node:timers/promises';
import type { PatientClient } from './patient-client.js';
import type { Random } from './random.js';
import { type Receiver, startReceiver } from './receiver.js';
import { reactivate, remove, subscribe, type Subscriber, suspend } from './subscriber.js';

/** Something that goes on beside the faults until it is told to stop. */
export interface Background {
  stop(): Promise<void>;
}

export interface Toggling extends Background {
  /** Resolves as the next suspend call is sent, with the promise of its answer. */
  nextSuspend(): Promise<{ answered: Promise<void> }>;
}

/** Suspends a webhook and reactivates it, again and again. */
export function keepToggling(call: PatientClient, subscriber: Subscriber, random: Random): Toggling {
  const state = { running: true };
  let waiting: ((suspending: { answered: Promise<void> }) => void)[] = [];

  async function toggle(): Promise<void> {
    while (state.running) {
      await sleep(1500 + random.below(3000));
      const answered = suspend(call, subscriber);
      for (const resolve of waiting.splice(0)) resolve({ answered });
      await answered;
      await sleep(500 + random.below(2000));
      await reactivate(call, subscriber);
    }
  }
  const toggling = toggle();
  return {
    nextSuspend: () => new Promise((resolve) => waiting.push(resolve)),
    async stop() {
      state.running = false;
      await toggling;
    },
  };
}

/** Deletes a webhook and makes another for the same receiver's owner, again and again. */
export function keepRenewing(
  call: PatientClient,
  settings: { eventTypes: string[]; random: Random },
): Background & { subscribers: Subscriber[]; receivers: Receiver[] } {
  const { eventTypes, random } = settings;
  const subscribers: Subscriber[] = [];
  const receivers: Receiver[] = [];
  const state = { running: true };

  async function renew(): Promise<void> {
    while (state.running) {
      // A server for each, which stays: whatever still comes to a deleted one shall be seen.
      const receiver = await startReceiver({ latencyMs: () => 20 });
      receivers.push(receiver);
      const name = `renewed ${subscribers.length + 1}`;
      const subscriber = await subscribe(call, { name, eventTypes, receiver });
      subscribers.push(subscriber);
      await sleep(6000 + random.below(6000));
      await remove(call, subscriber);
    }
  }
  const renewing = renew();
  return {
    subscribers,
    receivers,
    async stop() {
      state.running = false;
      await renewing;
    },
  };
}
