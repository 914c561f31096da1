/**
 * Counts a validation request in all buckets, unless one of them is full. A bucket is a sorted set of requests by time, so it
 * slides: a request leaves it after the window.
 *
 * KEYS: the counts of the webhook's URL by time, then the buckets.
 * ARGV: the id of the request, the window in milliseconds, then the limit of each bucket.
 * Returns the index of the first full bucket and the milliseconds until it has room; or -1 and 0.
 */
export const COUNT_UNCONFIRMED = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id, window = ARGV[1], tonumber(ARGV[2])
for i = 2, #KEYS do
  local limit = tonumber(ARGV[i + 1])
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', string.format('%.0f', now - window))
  if redis.call('ZCARD', KEYS[i]) >= limit then
    local leavesNext = redis.call('ZRANGE', KEYS[i], -limit, -limit, 'WITHSCORES')
    return { i - 2, leavesNext[2] + window - now }
  end
end
for i = 2, #KEYS do
  redis.call('ZADD', KEYS[i], string.format('%.0f', now), id)
  redis.call('PEXPIRE', KEYS[i], window)
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), id .. ' ' .. KEYS[i])
end
redis.call('PEXPIRE', KEYS[1], window)
return { -1, 0 }
`;
