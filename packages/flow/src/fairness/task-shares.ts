import type { Part } from '@posthorn/core';
import { openScriptClient, type RedisSettings } from '@posthorn/queue';
import { membersKey } from '../redis/redis-keys.js';
import { TaskShare } from './task-share.js';

/** A task that several processes run, each for its share of the webhooks. `start`, the first attempt of deliveries that others have stored, has no shares. */
export type SharedTask = 'release' | 'replay' | 'reconcile' | 'feed' | 'start';

/**
 * The lease of a process in a task, in milliseconds. Each run renews it. The webhooks of a process that does not run the task for this
 * long are taken over by others.
 */
const SHARE_LEASE_MS: Record<SharedTask, number> = {
  release: 1000,
  replay: 4000,
  reconcile: 6000,
  feed: 3000,
  start: 12_000,
};

/**
 * Divides the webhooks of a task among the processes that run it. For a moment, two processes may own the same webhook, or none may:
 * each task must allow both. Its methods reject while Redis is unavailable.
 */
export interface TaskShares extends Part {
  /** Acquires or renews the lease of this process in a task, and returns its present share. */
  join(task: SharedTask): Promise<TaskShare>;
  /** Ends the lease of this process in a task, if it has one, and returns a share with the other processes. */
  leave(task: SharedTask): Promise<TaskShare>;
  stop(): Promise<void>;
}

/**
 * Renews or ends the lease of a process. KEYS: the sorted set of processes that run the task, by the time at which their leases expire. ARGV:
 * the process, the lease in milliseconds; 0 ends it. Returns every process with a lease.
 */
const LEASE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Needs no memory, so that Redis lets the script run until it finishes, also above its maxmemory.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[2] == '0' then
  redis.call('ZREM', KEYS[1], ARGV[1])
else
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return redis.call('ZRANGE', KEYS[1], 0, -1)
`;

interface LeaseCommand {
  leaseTask(key: string, member: string, leaseMs: number): Promise<string[]>;
}

/**
 * @param member the id of this process among all processes
 * @throws Error with a one-line message when Redis cannot be reached
 */
export async function openTaskShares(settings: RedisSettings, member: string): Promise<TaskShares> {
  const redis = await openScriptClient<LeaseCommand>(settings, {
    leaseTask: { lua: LEASE, numberOfKeys: 1 },
  });
  const lease = async (task: SharedTask, leaseMs: number): Promise<TaskShare> => {
    const members = await redis.leaseTask(membersKey(settings.prefix, task), member, leaseMs);
    return new TaskShare(member, members.toSorted());
  };
  return {
    join: (task) => lease(task, SHARE_LEASE_MS[task]),
    leave: (task) => lease(task, 0),
    async stop() {
      redis.disconnect();
    },
  };
}
