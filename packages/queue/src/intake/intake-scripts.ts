import {
  CRASHES_BEFORE_ISOLATION,
  MAX_BYTES_IN_PROGRESS,
  MAX_PUSH_BYTES,
  PREVIEW_BYTES,
} from '../limits/push-limits.js';

/** The consumer group of the producers. */
export const GROUP = 'producers';

/** Maximum number of entries read at a time. */
const BATCH = 200;

/** Clocks do not differ by this much, in milliseconds. */
export const FAR_AHEAD_MS = 24 * 3_600_000;

/** Adds an entry to `entries`, or only its beginning if it is too large. */
const ADD_ENTRY = `
local entries, totalBytes = {}, 0

local function cut(fields)
  local kept, free = {}, ${PREVIEW_BYTES}
  for _, text in ipairs(fields) do
    if free <= 0 then break end
    table.insert(kept, string.sub(text, 1, free))
    free = free - #text - 1
  end
  -- The preview belongs to the tenant, wherever in the entry it is named. The last of equal names counts.
  local tenant = nil
  for index = 1, #fields - 1, 2 do
    if fields[index] == 'tenant' then tenant = string.sub(fields[index + 1], 1, 100) end
  end
  if tenant then
    if #kept % 2 == 1 then table.insert(kept, '') end
    table.insert(kept, 'tenant')
    table.insert(kept, tenant)
  end
  return kept
end

local function add(id, fields, deliveries)
  local bytes = 0
  for _, text in ipairs(fields) do bytes = bytes + #text end
  if bytes > ${MAX_PUSH_BYTES} then fields = cut(fields) end
  totalBytes = totalBytes + math.min(bytes, ${MAX_PUSH_BYTES})
  table.insert(entries, {id, bytes, deliveries, fields, redis.call('GET', KEYS[2])})
end
`;

/** Reads new entries one by one, until they are many or large. */
export const READ_NEW = `${ADD_ENTRY}
while #entries < ${BATCH} and totalBytes < ${MAX_BYTES_IN_PROGRESS} do
  local reply = redis.call('XREADGROUP', 'GROUP', '${GROUP}', ARGV[1], 'COUNT', 1, 'STREAMS', KEYS[1], '>')
  if not reply then break end
  local entry = reply[1][2][1]
  add(entry[1], entry[2], 0)
end
return entries
`;

/** Returns entries in descending order, from ARGV[1] on, until they are many or large. No consumer reads them by this. */
export const READ_BACKWARD = `${ADD_ENTRY}
local last = ARGV[1]
while #entries < ${BATCH} and totalBytes < ${MAX_BYTES_IN_PROGRESS} do
  local entry = redis.call('XREVRANGE', KEYS[1], last, '-', 'COUNT', 1)[1]
  if not entry then break end
  add(entry[1], entry[2], 0)
  last = '(' .. entry[1]
end
return entries
`;

/** Deletes an entry that no consumer has read. Returns 0 for one that a consumer has. */
export const REMOVE_UNREAD = `
-- Without the group, the error has no items.
if #redis.pcall('XPENDING', KEYS[1], '${GROUP}', ARGV[1], ARGV[1], 1) > 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
`;

/** Claims entries of dead consumers. One that several consumers have read is claimed alone. */
export const CLAIM_STALE = `${ADD_ENTRY}
local pending = redis.call('XPENDING', KEYS[1], '${GROUP}', 'IDLE', ARGV[2], '-', '+', ${BATCH})
for _, item in ipairs(pending) do
  local id, deliveries = item[1], item[4]
  local isSuspect = deliveries >= ${CRASHES_BEFORE_ISOLATION}
  if totalBytes >= ${MAX_BYTES_IN_PROGRESS} or (isSuspect and #entries > 0) then break end
  local entry = redis.call('XCLAIM', KEYS[1], '${GROUP}', ARGV[1], ARGV[2], id)[1]
  if entry then
    add(entry[1], entry[2], deliveries)
    if isSuspect then break end
  else
    redis.call('XACK', KEYS[1], '${GROUP}', id)
  end
end
return entries
`;

/** Makes entries look as if they had been read once, some time ago. */
export const RELEASE = `
for index = 3, #ARGV do
  redis.call('XCLAIM', KEYS[1], '${GROUP}', ARGV[1], 0, ARGV[index],
    'IDLE', ARGV[2], 'RETRYCOUNT', 1, 'JUSTID')
end
`;

/** Makes entries look as if their consumer had just read them. One that another consumer has claimed meanwhile is left to it. */
export const RENEW = `
for index = 2, #ARGV do
  local id = ARGV[index]
  -- After a FLUSHALL the group does not exist: an error, which has no items.
  if #redis.pcall('XPENDING', KEYS[1], '${GROUP}', id, id, 1, ARGV[1]) > 0 then
    redis.call('XCLAIM', KEYS[1], '${GROUP}', ARGV[1], 0, id, 'JUSTID')
  end
end
`;

/**
 * Creates the stream and its group if they do not exist. Recreates an empty stream whose last id is far in the future: Redis
 * gives every later entry a higher id, or refuses it. Returns 1 if it did. The ids may occur again, so it sets a new generation.
 * Deletes the consumers of dead producers that have no entries.
 */
export const PREPARE_STREAM = `
local recreated = 0
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('XLEN', KEYS[1]) == 0 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for index = 1, #info, 2 do
    if info[index] == 'last-generated-id' then
      local lastMs = tonumber(string.match(info[index + 1], '^%d+'))
      local now = redis.call('TIME')
      if lastMs > now[1] * 1000 + ${FAR_AHEAD_MS} then
        redis.call('DEL', KEYS[1])
        redis.call('SET', KEYS[2], now[1] .. '.' .. now[2])
        recreated = 1
      end
    end
  end
end
redis.pcall('XGROUP', 'CREATE', KEYS[1], '${GROUP}', '0', 'MKSTREAM')
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], '${GROUP}')) do
  local name, pending, idleMs = consumer[2], consumer[4], consumer[6]
  if pending == 0 and idleMs > tonumber(ARGV[1]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], '${GROUP}', name)
  end
end
return recreated
`;
