import type { Fence } from '@posthorn/core';

/** The hash of fences expires when none was raised for two weeks. */
const HASH_TTL_SECONDS = 14 * 24 * 3600;

/** The flow state of an epoch that has ended expires after this time, in seconds: its last requests still return their slots. */
export const ENDED_FLOW_TTL_SECONDS = 60;

/**
 * Raises fences. A fence never goes back to a lower epoch, and stays that of a deleted webhook; a later epoch of a tenant has been restored.
 * The flow state of the epoch before the fence of a webhook expires soon: nothing is sent in it any more.
 *
 * KEYS: the hash of fences. Its fields are webhooks and tenants, its values `epoch:deleted:raisedAtMs`, where `deleted` is 0 or 1.
 * ARGV: the id, the epoch, `deleted` and the key of the flow state before, for each webhook. This key is empty for a tenant.
 */
export const RAISE_FENCES = `
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for i = 1, #ARGV, 4 do
  local id, epoch, deleted, endedFlow = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local current = redis.call('HGET', KEYS[1], id) or '-1:0:'
  local currentEpoch, currentDeleted = string.match(current, '^(-?%d+):(%d)')
  local isHigher = tonumber(epoch) > tonumber(currentEpoch)
  if endedFlow == '' then
    if isHigher then redis.call('HSET', KEYS[1], id, epoch .. ':' .. deleted .. ':' .. now) end
  elseif isHigher or deleted > currentDeleted then
    epoch = math.max(tonumber(epoch), tonumber(currentEpoch))
    deleted = math.max(tonumber(deleted), tonumber(currentDeleted))
    redis.call('HSET', KEYS[1], id, epoch .. ':' .. deleted .. ':' .. now)
    redis.call('EXPIRE', endedFlow, ${ENDED_FLOW_TTL_SECONDS})
  end
end
redis.call('EXPIRE', KEYS[1], ${HASH_TTL_SECONDS})
return 1
`;

/**
 * Deletes fences that have expired by the clock of Redis and were not raised since they were read. Returns their ids.
 *
 * KEYS: the hash. ARGV: the lifetime of a fence in milliseconds; then the id and the value read, for each fence.
 */
export const DELETE_EXPIRED_FENCES = `
local time = redis.call('TIME')
local expiredBefore = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
local deleted = {}
for i = 2, #ARGV, 2 do
  local id, value = ARGV[i], ARGV[i + 1]
  if tonumber(string.match(value, '(%d+)$')) < expiredBefore and redis.call('HGET', KEYS[1], id) == value then
    redis.call('HDEL', KEYS[1], id)
    table.insert(deleted, id)
  end
end
return deleted
`;

/** Parses the value of a fence. */
export function toFence(value: string): Fence {
  const [epoch, deleted] = value.split(':');
  return { epoch: Number(epoch), isDeleted: deleted === '1' };
}

/** Returns when the fence was raised, in milliseconds since 1970. */
export function raisedAtMs(value: string): number {
  return Number(value.split(':')[2]);
}
