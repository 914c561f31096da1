import type { Part } from '@posthorn/core';
import { openScriptClient, type RedisSettings } from '@posthorn/queue';
import { membersKey } from '../redis/redis-keys.js';
import { TaskShare } from './task-share.js';

/** A task that several processes run, each for its share of the webhooks. */
export type SharedTask = 'release' | 'replay' | 'reconcile' | 'feed';

/**
 * The lease of a process in a task, in milliseconds. Each run renews it. The webhooks of a process that does not run the task for this
 * long are taken over by others.
 */
const SHARE_LEASE_MS: Record<SharedTask, number> = {
  release: 1000,
  replay: 4000,
  reconcile: 6000,
  feed: 3000,
};

/**
 * Divides the webhooks of a task among the processes that run it. For a moment, two processes may own the same webhook, or none may:
 * each task must allow both. Its methods reject while Redis is unavailable.
 */
export interface TaskShares extends Part {
  /** Acquires or renews the lease of this process in a task, and returns its present share. */
  join(task: SharedTask): Promise<TaskShare>;
  stop(): Promise<void>;
}

/**
 * Renews the lease of a process. KEYS: the sorted set of processes that run the task, by the time at which their leases expire. ARGV: the
 * process, the lease in milliseconds. Returns every process with a lease.
 */
const JOIN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Needs no memory, so that Redis lets the script run until it finishes, also above its maxmemory.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)
`;

interface JoinCommand {
  joinTask(key: string, member: string, leaseMs: number): Promise<string[]>;
}

/**
 * @param member the id of this process among all processes
 * @throws Error with a one-line message when Redis cannot be reached
 */
export async function openTaskShares(settings: RedisSettings, member: string): Promise<TaskShares> {
  const redis = await openScriptClient<JoinCommand>(settings, { joinTask: { lua: JOIN, numberOfKeys: 1 } });
  return {
    async join(task) {
      const members = await redis.joinTask(membersKey(settings.prefix, task), member, SHARE_LEASE_MS[task]);
      return new TaskShare(member, members.toSorted());
    },
    async stop() {
      redis.disconnect();
    },
  };
}
