import { Redis, type RedisOptions } from 'ioredis';

const CONNECT_TIMEOUT_MS = 5000;

/** A Redis that neither answers nor refuses counts as away after this long. */
const COMMAND_TIMEOUT_MS = 10_000;

/**
 * A connection that is asked and says nothing for this long is cut, and made anew: its other end may be gone without a word.
 * Longer than any command that blocks.
 */
const SILENCE_MS = 20_000;

/** 50 ms to 2 s between tries to connect again, for as long as the process lives. */
const retryStrategy = (tries: number): number => Math.min(50 * 2 ** Math.min(tries, 6), 2000);

function open(redisUrl: string, options: RedisOptions): Redis {
  const redis = new Redis(redisUrl, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    retryStrategy,
    ...options,
  });
  // Every command fails with the reason; the event alone must not end the process.
  redis.on('error', () => {});
  writeOncePerTurn(redis);
  return redis;
}

/**
 * The commands of one turn of the event loop go out in one write. Does what `enableAutoPipelining` does, without a pipeline for
 * each turn, which all scripts of BullMQ would be copied to.
 */
function writeOncePerTurn(redis: Redis): void {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    const socket = redis.stream;
    if (redis.status === 'ready' && socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => socket.uncork());
    }
    return send(command, stream);
  };
}

/** For processes that hand jobs over: a command fails at once while Redis is away, so that nothing piles up. */
export function connectForCommands(redisUrl: string): Redis {
  return open(redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
  });
}

/** For consumers: a command waits until Redis is back. */
export function connectForConsuming(redisUrl: string): Redis {
  return open(redisUrl, { maxRetriesPerRequest: null });
}

/** Waits for the first connection. @throws Error with one clear line */
export async function untilConnected(redis: Redis, redisUrl: string): Promise<void> {
  if (redis.status === 'ready') return;
  const { host } = new URL(redisUrl);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => settle(new Error('no answer')), CONNECT_TIMEOUT_MS * 2);
    const settle = (error?: Error) => {
      clearTimeout(timer);
      redis.off('ready', settle);
      redis.off('error', settle);
      if (!error) return resolve();
      redis.disconnect();
      reject(new Error(`cannot reach Redis at ${host}: ${reason(error)}`, { cause: error }));
    };
    redis.on('ready', settle);
    redis.on('error', settle);
  });
}

function reason(error: Error): string {
  if (error instanceof AggregateError) return String(error.errors[0]?.message ?? error);
  return error.message;
}
