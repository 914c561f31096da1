import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** Where the queues are. */
export interface RedisSettings {
  /** On a cluster one or more of its nodes, comma-separated. */
  redisUrl: string;
  /** What every key begins with. On a cluster a part of it is in braces, so that all keys are in one slot. */
  prefix: string;
  /** Whether it is a Redis Cluster. */
  cluster?: boolean;
  /** How many queues the deliveries of a lane are spread over, 1 unless said. */
  shards?: number;
}

type RedisPlace = Pick<RedisSettings, 'redisUrl' | 'cluster'>;

export type RedisClient = Redis | Cluster;

const CONNECT_TIMEOUT_MS = 5000;

/** A Redis that neither answers nor refuses counts as away after this long. */
const COMMAND_TIMEOUT_MS = 10_000;

/**
 * A connection that is asked and says nothing for this long is cut, and made anew: its other end may be gone without a word.
 * Longer than any command that blocks.
 */
const SILENCE_MS = 20_000;

/**
 * How often a cluster is asked again, every 100 ms or so, while a node is away or a slot moves: in half a second it counts as
 * away for commands that fail, in a minute a node has come back or was replaced.
 */
const REDIRECTIONS_BEFORE_FAILING = 5;
const REDIRECTIONS_WHILE_WAITING = 600;

/** 50 ms to 2 s between tries to connect again, for as long as the process lives. */
const retryStrategy = (tries: number): number => Math.min(50 * 2 ** Math.min(tries, 6), 2000);

interface Connecting extends RedisOptions {
  maxRedirections: number;
}

function open(
  { redisUrl, cluster }: RedisPlace,
  { maxRedirections, enableOfflineQueue = true, ...options }: Connecting,
): RedisClient {
  const redisOptions = { connectTimeout: CONNECT_TIMEOUT_MS, socketTimeout: SILENCE_MS, ...options };
  const redis = cluster
    ? new Cluster(nodesOf(redisUrl), {
        redisOptions: { ...redisOptions, ...credentialsOf(redisUrl) },
        clusterRetryStrategy: retryStrategy,
        enableOfflineQueue,
        maxRedirections,
        slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
        // With it, `connect()` is never answered when the cluster is down just then, and BullMQ's worker waits for that answer
        // (ioredis, pull request 741). Without it a command is asked again until the cluster is up.
        enableReadyCheck: false,
        // Certificates are for names.
        dnsLookup: (name, answer) => answer(null, name),
      })
    : new Redis(redisUrl, { ...redisOptions, retryStrategy, enableOfflineQueue });
  // Every command fails with the reason; the event alone must not end the process.
  redis.on('error', () => {});
  if (redis instanceof Cluster) redis.on('+node', writeOncePerTurn);
  else writeOncePerTurn(redis);
  return redis;
}

const nodesOf = (redisUrl: string): string[] => redisUrl.split(',').map((url) => url.trim());

/** How the first node is spoken to holds for those that it names. */
function credentialsOf(redisUrl: string): RedisOptions {
  const { protocol, username, password } = new URL(nodesOf(redisUrl)[0] ?? '');
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
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
export function connectForCommands(place: RedisPlace): RedisClient {
  return open(place, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRedirections: REDIRECTIONS_BEFORE_FAILING,
  });
}

/** For consumers: a command waits until Redis is back. */
export function connectForConsuming(
  place: RedisPlace,
  options: Pick<RedisOptions, 'commandTimeout'> = {},
): RedisClient {
  return open(place, {
    maxRetriesPerRequest: null,
    maxRedirections: REDIRECTIONS_WHILE_WAITING,
    ...options,
  });
}

/** Waits for the first connection. @throws Error with one clear line */
export async function untilConnected(redis: RedisClient, redisUrl: string): Promise<void> {
  if (redis.status === 'ready') return;
  const hosts = nodesOf(redisUrl).map((url) => new URL(url).host);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => settle(new Error('no answer')), CONNECT_TIMEOUT_MS * 2);
    const settle = (error?: Error) => {
      clearTimeout(timer);
      redis.off('ready', settle);
      redis.off('error', settle);
      if (!error) return resolve();
      redis.disconnect();
      reject(new Error(`cannot reach Redis at ${hosts.join(', ')}: ${reason(error)}`, { cause: error }));
    };
    redis.on('ready', settle);
    redis.on('error', settle);
  });
}

function reason(error: Error): string {
  if (error instanceof AggregateError) return String(error.errors[0]?.message ?? error);
  // Of a cluster that none of its nodes tells of.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) return reason(error.lastNodeError);
  return error.message;
}
