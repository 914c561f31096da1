/** The rate of a tenant is refilled for at least this long before its state expires, in milliseconds. */
const MIN_TTL_MS = 60_000;

/** Longest time for which pushes have their own turn, in milliseconds. Those beyond it only have an approximate one. */
export const MAX_TURN_MS = 5 * 60_000;

/** The wait that the script returns for a push without a turn. */
export const NO_TURN = -1;

/**
 * Takes events from the rate of one tenant: a token bucket with the capacity of one second. A request is admitted while there is
 * at least one token, and takes all its events: it may leave a debt, which later requests wait for. So a batch of any size is
 * possible, and the average rate is exact.
 *
 * A push that is not admitted gets a turn, one interval after the previous one. While pushes wait for their turns, new ones do not
 * overtake them.
 *
 * KEYS: the hash of the tenant.
 * ARGV: the rate per second, the most tokens to lease, then `kind` and the number of events of each request. `kind` is `call`, `push`,
 * or `turn` for a push whose turn has come.
 *
 * Returns the tokens leased to the process, the whole tokens that remain, then the wait of each request in milliseconds: 0 if it is admitted.
 */
export const TAKE_EVENTS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local rate, maxLease = tonumber(ARGV[1]), tonumber(ARGV[2])
local intervalMs = 1000 / rate
local state = redis.call('HMGET', KEYS[1], 'tokens', 'atMs', 'turnMs')
local tokens, turn = tonumber(state[1] or rate), tonumber(state[3] or 0)
local elapsedMs = math.max(0, now - tonumber(state[2] or now))
tokens = math.min(rate, tokens + elapsedMs / intervalMs)

local reply = {0, 0}
for i = 3, #ARGV, 2 do
  local kind, wait = ARGV[i], 0
  if tokens >= 1 and (kind ~= 'push' or turn <= now) then
    tokens = tokens - tonumber(ARGV[i + 1])
  elseif kind == 'call' then
    wait = math.max(1, math.ceil((1 - tokens) * intervalMs))
  else
    local nextTurn = math.max(turn + intervalMs, now + (1 - tokens) * intervalMs)
    if nextTurn <= now + ${MAX_TURN_MS} then
      turn = nextTurn
      wait = math.max(1, math.ceil(turn - now))
    else
      wait = ${NO_TURN}
    end
  end
  table.insert(reply, wait)
end
if turn <= now and tokens >= 1 then
  reply[1] = math.min(maxLease, math.floor(tokens))
  tokens = tokens - reply[1]
end
reply[2] = math.max(0, math.floor(tokens))

redis.call('HSET', KEYS[1], 'tokens', tokens, 'atMs', now, 'turnMs', turn)
local busyMs = math.max(turn - now, (rate - tokens) * intervalMs)
redis.call('PEXPIRE', KEYS[1], math.ceil(busyMs) + ${MIN_TTL_MS})
return reply
`;
