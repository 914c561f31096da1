import { type Stack, startStack } from '@posthorn/local';
import type { ApiClient } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { type Endpoints, openEndpoints } from './endpoints.js';
import { createHarm, type Harm, type HarmedRole } from './harm.js';
import { patientClient } from './patient-client.js';
import type { Scene } from './scene.js';
import { newTally, type Tally } from './tally.js';

/** The real system, shared by all sequences. */
export interface World {
  stack: Stack;
  admin: ApiClient;
  /** The Redis door. */
  queue: Queue;
  endpoints: Endpoints;
  harm: Harm;
  tally: Tally;
  /** Requests to sequences that were over. */
  strays: string[];
  /** Sequences that were over, and got requests that must have begun before. */
  seenLate: Set<Scene>;
  close(): Promise<void>;
}

/** @param harmed what the commands may kill */
export async function openWorld(harmed: readonly HarmedRole[]): Promise<World> {
  const stack = await startStack({ ephemeral: true });
  const endpoints = await openEndpoints();
  const redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('events', { connection: redis, prefix: stack.queuePrefix });
  return {
    stack,
    admin: patientClient(stack.apiUrl, stack.adminKey),
    queue,
    endpoints,
    harm: createHarm(stack, harmed),
    tally: newTally(),
    strays: [],
    seenLate: new Set(),
    async close() {
      await queue.close();
      redis.disconnect();
      await stack.stop();
      await endpoints.close();
    },
  };
}
