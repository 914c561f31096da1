import { shardPrefixes } from './shards.js';
import type { RedisClient, RedisSettings } from './redis.js';

/** The commands of Posthorn's and BullMQ's clients and scripts, with the words before their keys. */
const COMMANDS = `
  bzpopmin del exists expire get hdel hexists hget hgetall hincrby hlen hmget hmset hscan hset hstrlen incr
  lindex llen lpop lpos lpush lrange lrem ltrim mget persist pexpire pttl rpop rpush sadd scard set smembers
  srem xack xadd xclaim xdel xlen xpending xrevrange xtrim zadd zcard zcount zpopmin zrange zrangebyscore zrem
  zremrangebyscore zrevrange zrevrangebyscore zscore
`
  .trim()
  .split(/\s+/)
  .concat(
    'xinfo stream',
    'xinfo consumers',
    'xgroup create',
    'xgroup delconsumer',
    'xread streams',
    'xreadgroup group g c streams',
    'rpoplpush',
    'evalsha sha 1',
  )
  .map((command) => `${command} KEY KEY`);

const COMMANDS_WITHOUT_KEYS = ['exec', 'multi', 'ping', 'scan 0', 'script load', 'time'];

/** Returns those of the commands that the user may not run. Redis before 7.0 cannot tell. */
const FIND_DENIED = `
local denied = {}
if not redis.acl_check_cmd then return denied end
for _, command in ipairs(ARGV) do
  local words = {}
  for word in string.gmatch(command, '%S+') do table.insert(words, word == 'KEY' and KEYS[1] or word) end
  local isKnown, isAllowed = pcall(redis.acl_check_cmd, unpack(words))
  if isKnown and not isAllowed then table.insert(denied, words[1]) end
end
return denied
`;

const ADVICE = 'See "A Redis user for Posthorn" in docs/servers.md.';

/**
 * Checks that the Redis user may run the commands that Posthorn needs, on keys of each prefix.
 * @throws Error with a one-line message that names those it may not run
 */
export async function assertPermissions(redis: RedisClient, settings: RedisSettings): Promise<void> {
  const prefixes = new Set([settings.prefix, ...shardPrefixes(settings)]);
  await Promise.all(Array.from(prefixes, (prefix) => assertPermissionsFor(redis, prefix)));
}

async function assertPermissionsFor(redis: RedisClient, prefix: string): Promise<void> {
  const keys = `keys ${prefix}:*`;
  const denied = await redis
    .eval(FIND_DENIED, 1, `${prefix}:permissions`, ...COMMANDS, ...COMMANDS_WITHOUT_KEYS)
    .catch((error: Error) => {
      if (!error.message.startsWith('NOPERM')) throw error;
      throw new Error(`The Redis user may not run scripts on ${keys} (${error.message}). ${ADVICE}`, {
        cause: error,
      });
    });
  if (!Array.isArray(denied) || denied.length === 0) return;
  throw new Error(`The Redis user may not run ${[...new Set(denied)].join(', ')} on ${keys}. ${ADVICE}`);
}
