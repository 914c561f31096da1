import { startStack } from '@posthorn/local';
import { patientClient } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { newCounters } from './counters.js';
import { createProcessFaults, type KillableRole } from './process-faults.js';
import { startSequenceReceiver } from './sequence-receiver.js';
import type { System } from './sequence.js';

/** Starts the stack and the receiver. @param killable the roles that commands may kill */
export async function startSystem(killable: readonly KillableRole[]): Promise<System> {
  const stack = await startStack({ ephemeral: true, env: { POSTHORN_UNCONFIRMED_VALIDATIONS: '1000000' } });
  const receiver = await startSequenceReceiver();
  const redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('events', { connection: redis, prefix: stack.queuePrefix });
  return {
    stack,
    admin: patientClient(stack.apiUrl, stack.adminKey),
    queue,
    receiver,
    faults: createProcessFaults(stack, killable),
    counters: newCounters(),
    violationsAfterEnd: [],
    lateRequests: new Set(),
    async close() {
      await queue.close();
      redis.disconnect();
      await stack.stop();
      await receiver.close();
    },
  };
}
