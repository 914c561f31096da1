import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { tolerateMissingInfo } from './server-info.js';

/** Connection settings of the Redis that stores the queues. */
export interface RedisSettings {
  /** For a cluster, one or more of its nodes, comma-separated. */
  redisUrl: string;
  /** Prefix of every key. On a cluster it contains a hash tag, so that all keys are in one slot. */
  prefix: string;
  /** Whether it is a Redis Cluster. */
  cluster?: boolean;
  /** Number of queues per lane. Default: 1. */
  shards?: number;
  /** Maximum number of jobs of a lane that wait in Redis. Null or not set: derived from `maxmemory`. */
  laneLimit?: number | null;
}

type RedisTarget = Pick<RedisSettings, 'redisUrl' | 'cluster'>;

export type RedisClient = Redis | Cluster;

const CONNECT_TIMEOUT_MS = 5000;

/** Timeout of a command, in milliseconds. */
const COMMAND_TIMEOUT_MS = 10_000;

/**
 * Socket timeout, in milliseconds. A connection without a reply for this long is closed and reopened, because a broken
 * connection may go unnoticed. Longer than any blocking command.
 */
const SOCKET_TIMEOUT_MS = 20_000;

/** Retries on a cluster while a node is unavailable or a slot moves. The delay between them is in milliseconds. */
interface Retries {
  maxRedirections: number;
  delayMs: number;
}

/** Gives up after half a second. */
const FAIL_FAST: Retries = { maxRedirections: 5, delayMs: 100 };

/**
 * For a minute, enough for a node to restart or fail over. With each retry a connection asks a node who owns which slot. At ten
 * retries a second, that would take more than half a core in an idle worker.
 */
const WAIT: Retries = { maxRedirections: 60, delayMs: 1000 };

/** Delay before the first attempt to reconnect, in milliseconds. Only then can a command be sent a second time. */
const FIRST_RECONNECT_MS = 100;

/** Returns the delay before the next reconnection attempt: up to 2 s, without a limit of attempts. */
const retryStrategy = (attempts: number): number =>
  Math.min(FIRST_RECONNECT_MS * 2 ** Math.min(attempts - 1, 5), 2000);

interface OpenOptions extends RedisOptions {
  retries: Retries;
}

function open(
  { redisUrl, cluster }: RedisTarget,
  { retries: { maxRedirections, delayMs }, enableOfflineQueue = true, ...options }: OpenOptions,
): RedisClient {
  const redisOptions = { connectTimeout: CONNECT_TIMEOUT_MS, socketTimeout: SOCKET_TIMEOUT_MS, ...options };
  const redis = cluster
    ? new Cluster(nodesOf(redisUrl), {
        redisOptions: { ...redisOptions, ...credentialsOf(redisUrl) },
        clusterRetryStrategy: retryStrategy,
        enableOfflineQueue,
        maxRedirections,
        retryDelayOnFailover: delayMs,
        retryDelayOnClusterDown: delayMs,
        slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
        // With the ready check, `connect()` never settles when the cluster is down at that moment, and BullMQ's worker waits
        // for it (ioredis, pull request 741). Without it a command is retried until the cluster is up.
        enableReadyCheck: false,
        // Certificates contain host names, not addresses.
        dnsLookup: (name, callback) => callback(null, name),
      })
    : new Redis(redisUrl, { ...redisOptions, retryStrategy, enableOfflineQueue });
  // Failed commands throw. Without a listener, the 'error' event would also terminate the process.
  redis.on('error', () => {});
  tolerateMissingInfo(redis);
  onEachNode(redis, writeOncePerTurn);
  return redis;
}

/** Calls a function for each client of a server: the client itself, or those of the nodes of a cluster. */
function onEachNode(redis: RedisClient, use: (node: Redis) => void): void {
  if (redis instanceof Cluster) redis.on('+node', use);
  else use(redis);
}

/** Calls a function for the present connection and each later one. */
export function onEachConnection(redis: RedisClient, use: (node: Redis) => void): void {
  const watch = (node: Redis): void => {
    if (node.status === 'ready') use(node);
    node.on('connect', () => use(node));
  };
  if (redis instanceof Cluster) redis.nodes().forEach(watch);
  onEachNode(redis, watch);
}

const nodesOf = (redisUrl: string): string[] => redisUrl.split(',').map((url) => url.trim());

/** Returns the credentials and TLS mode of the first node, which apply to the nodes that it lists. */
function credentialsOf(redisUrl: string): RedisOptions {
  const { protocol, username, password } = new URL(nodesOf(redisUrl)[0] ?? '');
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
}

/**
 * Sends the commands of one event-loop turn in a single write. Like `enableAutoPipelining`, but without creating a pipeline in
 * each turn, into which every script of BullMQ would be copied.
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

/** Sends the commands of this turn so far, before further work of the same turn. */
export function writeNow(redis: RedisClient): void {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  // The uncork at the end of the turn has no effect then.
  for (const { stream } of nodes) if (stream?.writableCorked > 0) stream.uncork();
}

/** Connects a client whose commands fail immediately while Redis is unavailable, instead of queueing. */
export function connectForCommands(target: RedisTarget): RedisClient {
  return open(target, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retries: FAIL_FAST,
  });
}

/** Connects a client for consumers. Its commands wait until Redis is available. */
export function connectForConsuming(
  target: RedisTarget,
  options: Pick<RedisOptions, 'commandTimeout'> = {},
): RedisClient {
  return open(target, {
    maxRetriesPerRequest: null,
    retries: WAIT,
    ...options,
  });
}

/** Connects a client for blocking reads. A read that was interrupted fails, because its reply may have been the reason. */
export function connectForBlocking(target: RedisTarget): RedisClient {
  return open(target, {
    maxRetriesPerRequest: 0,
    retries: FAIL_FAST,
  });
}

/** Waits for the first connection. @throws Error with a one-line message */
export async function untilConnected(redis: RedisClient, redisUrl: string): Promise<void> {
  if (redis.status === 'ready') return;
  const hosts = nodesOf(redisUrl).map((url) => new URL(url).host);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => settle(new Error('connection timed out')), CONNECT_TIMEOUT_MS * 2);
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
  // No node of the cluster responded.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) return reason(error.lastNodeError);
  return error.message;
}
