import { connectForCommands, type RedisClient, type RedisSettings, untilConnected } from './redis.js';

/** A Lua script that becomes a method of the client. */
export interface RedisScript {
  lua: string;
  /** If not set, the number of keys is the first argument of each call. */
  numberOfKeys?: number;
}

/**
 * Connects a client whose commands fail immediately while Redis is unavailable, with a method for each script.
 *
 * @throws Error with a one-line message when Redis is unavailable
 */
export async function openScriptClient<Commands>(
  settings: RedisSettings,
  scripts: Record<keyof Commands & string, RedisScript>,
): Promise<RedisClient & Commands> {
  const redis = connectForCommands(settings);
  await untilConnected(redis, settings.redisUrl);
  for (const [name, script] of Object.entries<RedisScript>(scripts)) redis.defineCommand(name, script);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- defined right above
  return redis as RedisClient & Commands;
}
