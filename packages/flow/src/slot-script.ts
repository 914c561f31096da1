import { INITIAL_WINDOW } from './congestion-window.js';

/** Values for each webhook in ARGV, after the two for all of them. */
export const VALUES_PER_WEBHOOK = 13;

/**
 * Takes, renews and gives back the slots of webhooks, all in one call. A worker says how many slots of a webhook it has
 * altogether, never how many more or fewer: said twice it is the same, and what a dead worker has runs out by itself.
 *
 * KEYS: a hash for each webhook, then the sorted set of webhooks with held deliveries.
 * ARGV: worker, lease in ms, then for each webhook: its id; slots the worker has; slots wanted for released and for fresh
 * deliveries; version, window, notBefore and text of a new pace (text empty: none); most in flight; ms between requests
 * (0: not limited); 1 when a delivery of it was held; requests started since the last
 * time; strikes of the new pace.
 *
 * Fields of a hash: v version, w window, n not before, s pace, k strikes, t the next free slot of the rate limit, b when a delivery was
 * last held, r requests ever started, `h:<worker>` slots and when they run out.
 *
 * Answers for each webhook: slots given to released and to fresh ones, ms until the first of them may start, why there were no
 * more (see SlotRefusal), version, pace, 1 when that is the new one, slots that the worker has too many.
 */
export const TAKE_SLOTS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mine = 'h:' .. ARGV[1]
local lease = tonumber(ARGV[2])
local heldBack = KEYS[#KEYS]
local LOOK_AHEAD = 1000
local replies = {}

for i = 1, #KEYS - 1 do
  local key = KEYS[i]
  local at = 2 + (i - 1) * ${VALUES_PER_WEBHOOK}
  local id, has = ARGV[at + 1], tonumber(ARGV[at + 2])
  local released, fresh = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local maxInFlight, interval = tonumber(ARGV[at + 9]), tonumber(ARGV[at + 10])

  local pace, others = {}, 0
  local fields = redis.call('HGETALL', key)
  for j = 1, #fields, 2 do
    local name, value = fields[j], fields[j + 1]
    if string.sub(name, 1, 2) ~= 'h:' then
      pace[name] = value
    elseif name ~= mine then
      local count, ends = string.match(value, '(%d+):(%d+)')
      if tonumber(ends) > now then
        others = others + tonumber(count)
      else
        redis.call('HDEL', key, name)
      end
    end
  end

  local version, written = tonumber(pace.v or '0'), 0
  if ARGV[at + 8] ~= '' and version == tonumber(ARGV[at + 5]) then
    version, written = version + 1, 1
    pace.w, pace.n, pace.s, pace.k = ARGV[at + 6], ARGV[at + 7], ARGV[at + 8], ARGV[at + 13]
    redis.call('HSET', key, 'v', version, 'w', pace.w, 'n', pace.n, 's', pace.s, 'k', pace.k)
  end
  if ARGV[at + 11] == '1' then
    pace.b = string.format('%.0f', now)
    redis.call('HSET', key, 'b', pace.b)
    redis.call('ZADD', heldBack, now, id)
  end

  local room = math.floor(math.min(tonumber(pace.w or '${INITIAL_WINDOW}'), maxInFlight)) - others - has
  local excess = math.max(-room, 0)
  local wait, refusal = 0, ''
  if tonumber(pace.n or '0') > now then
    room, refusal = 0, 'not_before'
  end
  if interval > 0 and room > 0 then
    local slot = math.max(tonumber(pace.t or '0'), now)
    wait = slot - now
    local paced = math.floor((LOOK_AHEAD - wait) / interval) + 1
    if paced < room then
      room = math.max(paced, 0)
      if room < released + fresh then refusal = 'rate' end
    end
  end
  local givenReleased = math.max(math.min(released, room), 0)
  local givenFresh = 0
  -- A webhook that is well soon has room for all.
  if pace.b and (interval > 0 or (pace.k or '0') ~= '0') then
    if fresh > 0 and refusal == '' then refusal = 'others_first' end
  else
    givenFresh = math.max(math.min(fresh, room - givenReleased), 0)
  end
  local given = givenReleased + givenFresh
  if given < released + fresh and refusal == '' then refusal = 'window' end

  if given > 0 and interval > 0 then
    redis.call('HSET', key, 't', string.format('%.3f', now + wait + given * interval))
  end
  if ARGV[at + 12] ~= '0' then redis.call('HINCRBY', key, 'r', ARGV[at + 12]) end
  if has + given > 0 then
    redis.call('HSET', key, mine, string.format('%d:%.0f', has + given, now + lease))
  else
    redis.call('HDEL', key, mine)
  end
  redis.call('EXPIRE', key, 604800)
  replies[i] = { givenReleased, givenFresh, math.ceil(wait), refusal, version, pace.s or '', written, excess }
end
return replies
`;

/**
 * How webhooks stand, for releasing what is held. KEYS: the hash of each. Answers for each: pace, requests in flight, ms until
 * the next slot of its rate limit, requests ever started, when a delivery was last held (empty: none is).
 */
export const READ_STANDINGS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local replies = {}
for i = 1, #KEYS do
  local pace, inFlight = {}, 0
  local fields = redis.call('HGETALL', KEYS[i])
  for j = 1, #fields, 2 do
    local name, value = fields[j], fields[j + 1]
    if string.sub(name, 1, 2) ~= 'h:' then
      pace[name] = value
    else
      local count, ends = string.match(value, '(%d+):(%d+)')
      if tonumber(ends) > now then inFlight = inFlight + tonumber(count) end
    end
  end
  local nextSlot = math.max(tonumber(pace.t or '0') - now, 0)
  replies[i] = { pace.s or '', inFlight, math.ceil(nextSlot), tonumber(pace.r or '0'), pace.b or '' }
end
return replies
`;

/**
 * Says that all held deliveries of a webhook were released: fresh ones may go straight again. It is looked after until nothing
 * has been held since ARGV[2], the value of `b` when they were looked for. KEYS: its hash, the sorted set. ARGV: its id, that value.
 */
export const ALL_RELEASED = `
local held = redis.call('HGET', KEYS[1], 'b')
redis.call('HDEL', KEYS[1], 'b')
if not held or held == ARGV[2] then redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1
`;
