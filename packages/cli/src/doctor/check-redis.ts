import { inspectRedis, type RedisServer, type RedisSettings } from '@posthorn/queue';
import { checkClock } from './check-clock.js';
import { error, type Finding, ok, errorMessage, warning } from './finding.js';
import { isAtLeast } from './versions.js';

/** Of Redis; every Valkey is newer. */
const OLDEST = '6.2';

export async function checkRedis(settings: RedisSettings): Promise<Finding[]> {
  try {
    const { servers, isFilled } = await inspectRedis(settings);
    return [...servers.flatMap(checkServer), checkPrefix(settings.prefix, isFilled)];
  } catch (failure) {
    return [
      error('Redis', errorMessage(failure), 'Is REDIS_URL right, and does the server let this machine in?'),
    ];
  }
}

function checkServer({
  address,
  software,
  version,
  maxmemoryPolicy,
  appendOnly,
  clockOffsetMs,
}: RedisServer) {
  const check = 'Redis';
  return [
    software === 'Valkey' || isAtLeast(version, OLDEST)
      ? ok(check, `${software} ${version} at ${address}`)
      : error(
          check,
          `${software} ${version} at ${address} is too old`,
          `It takes ${OLDEST} or newer, or Valkey.`,
        ),
    maxmemoryPolicy === 'noeviction'
      ? ok(check, 'maxmemory-policy is noeviction')
      : error(
          check,
          `maxmemory-policy of ${address} is ${maxmemoryPolicy}: it throws jobs away when memory is short`,
          'CONFIG SET maxmemory-policy noeviction, and the same in redis.conf.',
        ),
    appendOnly
      ? ok(check, 'the append-only file is on')
      : warning(
          check,
          `the append-only file of ${address} is off: a restart loses what was pushed and not yet read`,
          'CONFIG SET appendonly yes, and the same in redis.conf.',
        ),
    checkClock(software, clockOffsetMs),
  ];
}

function checkPrefix(prefix: string, isFilled: boolean): Finding {
  const check = 'queue prefix';
  if (isFilled) return ok(check, `${prefix}: a producer works there`);
  return warning(
    check,
    `${prefix}: no producer has been there`,
    'Start one, or let POSTHORN_QUEUE_PREFIX and POSTHORN_QUEUE_SHARDS be the same everywhere.',
  );
}
