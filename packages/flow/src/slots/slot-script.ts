import { INITIAL_WINDOW } from './congestion-window.js';
import { ENDED_FLOW_TTL_SECONDS } from '../fences/fence-script.js';

/** The arguments for each webhook, in this order: JSON costs Redis 21 to 27 % more (docs/performance-notebook.md). The variables of the script have the same names. */
export const REQUEST_FIELDS = [
  'id',
  'epoch',
  'tenantId',
  'tenantEpoch',
  'leased',
  'released',
  'fresh',
  'held',
  'endedWaits',
  'maxInFlight',
  /** Between two requests; 0 without a rate limit. */
  'intervalMs',
  'expectedVersion',
  /** The new flow state as JSON, without its times; empty if it does not change. */
  'newState',
  'newWindow',
  'newStrikes',
  /** A new pause, from now; empty if it does not change. */
  'newPauseMs',
  /** 1 if the window is halved now. */
  'isHalved',
] as const;

/** The state of a webhook without requests expires after a week. */
const STATE_TTL_SECONDS = 7 * 24 * 3600;

/**
 * Leases, renews and returns the slots of webhooks, all in one call. A worker reports how many slots of a webhook it has
 * leased in total, never a difference: a report that arrives twice changes nothing, and the leases of a dead worker expire.
 *
 * KEYS: the hash of each webhook, then the hash of fences (fence-script.ts), then the sorted set of webhooks with held deliveries.
 * ARGV: the worker, the lease in milliseconds, then `REQUEST_FIELDS` for each webhook. All times are by the clock of Redis; workers
 * send and receive durations, so their clocks may differ.
 *
 * Fields of a hash:
 * - `version`: of the flow state, incremented by each change
 * - `state`: the flow state as JSON, without its times; `window` and `strikes` are copies of its properties
 * - `notBeforeMs`: the end of the last pause; `halvedAtMs`: when the window was last halved
 * - `nextStartMs`: when the rate limit allows the next start
 * - `heldMs`: when a delivery was last held; missing if none is held
 * - `endedWaits`: waits for a slot that ever ended: requests that were started, and released deliveries that were held again
 * - `slots:<worker>`: slots leased to a worker and when the lease expires, as `count:ms`
 *
 * Returns for each webhook an array in the order of `RawReply`.
 */
export const SYNC_SLOTS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ownSlots = 'slots:' .. ARGV[1]
local leaseMs = tonumber(ARGV[2])
local fences, heldWebhooks = KEYS[#KEYS - 1], KEYS[#KEYS]
local LOOK_AHEAD_MS = 1000
local replies = {}
-- Needs no memory and has no effect. From then on Redis lets the script run until it finishes, also above its maxmemory.
redis.call('ZREM', heldWebhooks, '')

for i = 1, #KEYS - 2 do
  local key = KEYS[i]
  local last = 2 + i * ${REQUEST_FIELDS.length}
  local ${REQUEST_FIELDS.join(', ')} = unpack(ARGV, last - ${REQUEST_FIELDS.length - 1}, last)
  leased, released, fresh = tonumber(leased), tonumber(released), tonumber(fresh)
  intervalMs = tonumber(intervalMs)

  local flow, others = {}, 0
  local fields = redis.call('HGETALL', key)
  for j = 1, #fields, 2 do
    local name, value = fields[j], fields[j + 1]
    if string.sub(name, 1, 6) ~= 'slots:' then
      flow[name] = value
    elseif name ~= ownSlots then
      local count, expires = string.match(value, '(%d+):(%d+)')
      if tonumber(expires) > now then
        others = others + tonumber(count)
      else
        redis.call('HDEL', key, name)
      end
    end
  end

  local version, updated = tonumber(flow.version or '0'), 0
  if newState ~= '' and version == tonumber(expectedVersion) then
    version, updated = version + 1, 1
    flow.state, flow.window, flow.strikes = newState, newWindow, newStrikes
    redis.call('HSET', key, 'version', version, 'state', newState, 'window', newWindow, 'strikes', newStrikes)
    if newPauseMs ~= '' then
      flow.notBeforeMs = string.format('%.0f', now + tonumber(newPauseMs))
      redis.call('HSET', key, 'notBeforeMs', flow.notBeforeMs)
    end
    if isHalved == '1' then
      flow.halvedAtMs = string.format('%.0f', now)
      redis.call('HSET', key, 'halvedAtMs', flow.halvedAtMs)
    end
  end
  if held == '1' then
    flow.heldMs = string.format('%.0f', now)
    redis.call('HSET', key, 'heldMs', flow.heldMs)
    redis.call('ZADD', heldWebhooks, now, id)
  end

  local window = math.min(tonumber(flow.window or '${INITIAL_WINDOW}'), tonumber(maxInFlight))
  local free = math.floor(window) - others - leased
  local excess = math.max(-free, 0)
  local waitMs, refusal = 0, ''
  local pauseMs = math.max(tonumber(flow.notBeforeMs or '0') - now, 0)
  if pauseMs > 0 then
    free, refusal = 0, 'not_before'
  end
  local ofWebhook, ofTenant = unpack(redis.call('HMGET', fences, id, tenantId))
  local minEpoch, isDeleted = string.match(ofWebhook or '', '^(%d+):(%d)')
  local minTenantEpoch = string.match(ofTenant or '', '^(%d+)')
  local fence, fencedId = '', ''
  if minEpoch and (tonumber(epoch) < tonumber(minEpoch) or isDeleted == '1') then
    free, refusal, fence, fencedId = 0, 'fenced', ofWebhook, id
  elseif minTenantEpoch and tonumber(tenantEpoch) < tonumber(minTenantEpoch) then
    free, refusal, fence, fencedId = 0, 'fenced', ofTenant, tenantId
  end
  if intervalMs > 0 and free > 0 then
    waitMs = math.max(tonumber(flow.nextStartMs or '0') - now, 0)
    local allowed = math.floor((LOOK_AHEAD_MS - waitMs) / intervalMs) + 1
    if allowed < free then
      free = math.max(allowed, 0)
      if free < released + fresh then refusal = 'rate_limit' end
    end
  end
  local grantedReleased = math.max(math.min(released, free), 0)
  local grantedFresh = 0
  -- A healthy webhook without a rate limit soon has slots for all of them, so held deliveries do not come first.
  if flow.heldMs and (intervalMs > 0 or (flow.strikes or '0') ~= '0') then
    if fresh > 0 and refusal == '' then refusal = 'held_first' end
  else
    grantedFresh = math.max(math.min(fresh, free - grantedReleased), 0)
  end
  local granted = grantedReleased + grantedFresh
  if granted < released + fresh and refusal == '' then refusal = 'window' end

  if granted > 0 and intervalMs > 0 then
    redis.call('HSET', key, 'nextStartMs', string.format('%.3f', now + waitMs + granted * intervalMs))
  end
  if endedWaits ~= '0' then redis.call('HINCRBY', key, 'endedWaits', endedWaits) end
  if leased + granted > 0 then
    redis.call('HSET', key, ownSlots, string.format('%d:%.0f', leased + granted, now + leaseMs))
  else
    redis.call('HDEL', key, ownSlots)
  end
  redis.call('EXPIRE', key, refusal == 'fenced' and ${ENDED_FLOW_TTL_SECONDS} or ${STATE_TTL_SECONDS})
  replies[i] = {
    grantedReleased, grantedFresh, math.ceil(waitMs), refusal, version, flow.state or '', updated, excess, fence, fencedId,
    pauseMs, flow.halvedAtMs and now - flow.halvedAtMs or -1,
  }
end
return replies
`;

/**
 * Reads the flow of webhooks for the releaser. KEYS: the hash of each webhook. Returns for each an array in the order of
 * `RawSnapshot`.
 */
export const READ_SNAPSHOTS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local replies = {}
for i = 1, #KEYS do
  local flow, inFlight = {}, 0
  local fields = redis.call('HGETALL', KEYS[i])
  for j = 1, #fields, 2 do
    local name, value = fields[j], fields[j + 1]
    if string.sub(name, 1, 6) ~= 'slots:' then
      flow[name] = value
    else
      local count, expires = string.match(value, '(%d+):(%d+)')
      if tonumber(expires) > now then inFlight = inFlight + tonumber(count) end
    end
  end
  local nextStartInMs = math.max(tonumber(flow.nextStartMs or '0') - now, 0)
  replies[i] = {
    flow.state or '', inFlight, math.ceil(nextStartInMs), tonumber(flow.endedWaits or '0'), flow.heldMs or '',
    math.max(tonumber(flow.notBeforeMs or '0') - now, 0),
  }
end
return replies
`;

/**
 * Records that all held deliveries of a webhook were released, so that others no longer wait behind them. The webhook stays
 * in the sorted set if a delivery was held since.
 *
 * KEYS: the hash of the webhook, the sorted set of webhooks with held deliveries. ARGV: the id of the webhook, and the value of
 * `heldMs` before the held deliveries were read.
 */
export const CLEAR_HELD = `
local heldMs = redis.call('HGET', KEYS[1], 'heldMs')
redis.call('HDEL', KEYS[1], 'heldMs')
if not heldMs or heldMs == ARGV[2] then redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1
`;
