import type { Secrets } from './data-directory.js';
import { POSTGRES_STOP_TIMEOUT_MS, preparePostgres } from './postgres.js';
import { assertReachable } from './reachable.js';
import { prepareRedis, REDIS_STOP_TIMEOUT_MS } from './redis.js';
import type { StackContext } from './stack-context.js';

/** Answers PostgreSQL's URL: the one that the environment names, or a server of our own is started. */
export async function startPostgres(context: StackContext, { postgresPassword }: Secrets): Promise<string> {
  const named = context.environment['DATABASE_URL'];
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
    say: context.say,
  });
  await fleet.start({
    role: 'postgres',
    name: 'PostgreSQL',
    launch: server.launch,
    // The keeper kills it first.
    stopTimeoutMs: POSTGRES_STOP_TIMEOUT_MS + 5000,
    onChange: context.onChange,
    say: context.say,
  });
  return server.url;
}

/** Answers Redis' URL: the one that the environment names, or a server of our own is started. */
export async function startRedis(context: StackContext): Promise<string> {
  const named = context.environment['REDIS_URL'];
  if (named) {
    // Of a cluster the first node will do.
    await assertReachable('REDIS_URL', named.split(',')[0] ?? '', 6379);
    return named;
  }
  const server = await prepareRedis({
    directory: context.directory.redis,
    log: context.openLog('redis'),
    say: context.say,
  });
  await context.fleet.start({
    role: 'redis',
    name: 'Redis',
    launch: server.launch,
    stopTimeoutMs: REDIS_STOP_TIMEOUT_MS + 5000,
    onChange: context.onChange,
    say: context.say,
  });
  return server.url;
}
