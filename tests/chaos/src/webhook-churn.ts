import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '@posthorn/testkit';
import { type EventReceiver, startEventReceiver } from './event-receiver.js';
import type { Random } from './random.js';
import { createTrackedWebhook, reactivate, remove, suspend, type TrackedWebhook } from './tracked-webhook.js';

/** A background activity that runs beside the faults until it is stopped. */
export interface Background {
  stop(): Promise<void>;
}

export interface Toggling extends Background {
  /** Resolves when the next suspend call is sent. `responded` resolves with its response. */
  nextSuspend(): Promise<{ responded: Promise<void> }>;
}

/** Suspends and reactivates a webhook in a loop. */
export function startToggling(api: ApiClient, webhook: TrackedWebhook, random: Random): Toggling {
  const state = { running: true };
  let waiting: ((suspending: { responded: Promise<void> }) => void)[] = [];

  async function toggle(): Promise<void> {
    while (state.running) {
      await sleep(1500 + random.below(3000));
      const responded = suspend(api, webhook);
      for (const resolve of waiting.splice(0)) resolve({ responded });
      await responded;
      await sleep(500 + random.below(2000));
      await reactivate(api, webhook);
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

/** Deletes a webhook and creates a new one in a loop. */
export function startRecreating(
  api: ApiClient,
  settings: { eventTypes: string[]; random: Random },
): Background & { webhooks: TrackedWebhook[]; receivers: EventReceiver[] } {
  const { eventTypes, random } = settings;
  const webhooks: TrackedWebhook[] = [];
  const receivers: EventReceiver[] = [];
  const state = { running: true };

  async function recreate(): Promise<void> {
    while (state.running) {
      // Each has its own receiver, which stays open to record requests after the deletion.
      const receiver = await startEventReceiver({ latencyMs: () => 20 });
      receivers.push(receiver);
      const name = `recreated ${webhooks.length + 1}`;
      const webhook = await createTrackedWebhook(api, { name, eventTypes, receiver });
      webhooks.push(webhook);
      await sleep(6000 + random.below(6000));
      await remove(api, webhook);
    }
  }
  const recreating = recreate();
  return {
    webhooks,
    receivers,
    async stop() {
      state.running = false;
      await recreating;
    },
  };
}
