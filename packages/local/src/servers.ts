import type { Secrets } from './data-directory.js';
import { POSTGRES_STOP_TIMEOUT_MS, preparePostgres } from './postgres.js';
import { assertReachable } from './reachable.js';
import { prepareRedis, REDIS_STOP_TIMEOUT_MS } from './redis.js';
import type { StackContext } from './stack-context.js';

/** Returns PostgreSQL's URL: the one from the environment, or the URL of a server that it starts. */
export async function startPostgres(context: StackContext, { postgresPassword }: Secrets): Promise<string> {
  const named = context.options.servers?.databaseUrl ?? context.environment['DATABASE_URL'];
  if (named) {
    await assertReachable('DATABASE_URL', named, 5432);
    return named;
  }
  const { directory, fleet, options } = context;
  const server = await preparePostgres({
    link: directory.postgres,
    password: postgresPassword,
    log: context.openLog('postgres'),
    durable: !options.ephemeral,
    flags: options.postgresFlags ?? [],
    onProgress: context.onProgress,
  });
  await fleet.start({
    role: 'postgres',
    name: 'PostgreSQL',
    launch: server.launch,
    // Longer than the watchdog's own timeout.
    stopTimeoutMs: POSTGRES_STOP_TIMEOUT_MS + 5000,
    onChange: context.onChange,
    onProgress: context.onProgress,
  });
  return server.url;
}

/** Returns Redis' URL: the one from the environment, or the URL of a server that it starts. */
export async function startRedis(context: StackContext, { redisPassword }: Secrets): Promise<string> {
  const named = context.options.servers?.redisUrl ?? context.environment['REDIS_URL'];
  if (named) {
    // For a cluster, check the first node.
    await assertReachable('REDIS_URL', named.split(',')[0] ?? '', 6379);
    return named;
  }
  const server = await prepareRedis({
    directory: context.directory.redis,
    password: redisPassword,
    log: context.openLog('redis'),
    onProgress: context.onProgress,
  });
  await context.fleet.start({
    role: 'redis',
    name: 'Redis',
    launch: server.launch,
    stopTimeoutMs: REDIS_STOP_TIMEOUT_MS + 5000,
    onChange: context.onChange,
    onProgress: context.onProgress,
  });
  return server.url;
}
