import { inspectRedis, pushPrefixes, type RedisServer, type RedisSettings } from '@posthorn/queue';
import { checkClock } from './check-clock.js';
import { error, type Finding, ok, errorMessage, unknown, warning } from './finding.js';
import { isAtLeast } from '@posthorn/runtime/supported-node';

/** Applies to Redis; every Valkey release is newer. */
const MIN_VERSION = '6.2';

const CHECK = 'Redis';
const GRANT_INFO = 'The Redis user has no permission for INFO: run ACL SETUSER … +info.';

/** @param installationId of the database; null if it is unknown */
export async function checkRedis(settings: RedisSettings, installationId: string | null): Promise<Finding[]> {
  try {
    const report = await inspectRedis(settings);
    return [
      ...report.servers.flatMap(checkServer),
      checkProducers(report.producers),
      checkPrefix(settings.prefix, report.isPopulated),
      ...listPushPrefixes(settings),
      ...checkOwner(settings.prefix, report.installationId, installationId),
    ];
  } catch (failure) {
    return [
      error('Redis', errorMessage(failure), 'Check REDIS_URL and whether the server allows this machine.'),
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
}: RedisServer): Finding[] {
  return [
    software === 'Valkey' || isAtLeast(version, MIN_VERSION)
      ? ok(CHECK, `${software} ${version} at ${address}`)
      : error(
          CHECK,
          `${software} ${version} at ${address} is too old`,
          `Upgrade to Redis ${MIN_VERSION} or newer, or Valkey.`,
        ),
    checkEviction(address, maxmemoryPolicy),
    checkAppendOnly(address, appendOnly),
    checkClock(software, clockOffsetMs),
  ];
}

function checkEviction(address: string, maxmemoryPolicy: RedisServer['maxmemoryPolicy']): Finding {
  if (maxmemoryPolicy === null)
    return unknown(CHECK, `maxmemory-policy of ${address} is unknown`, GRANT_INFO);
  if (maxmemoryPolicy === 'noeviction') return ok(CHECK, 'maxmemory-policy is noeviction');
  return error(
    CHECK,
    `maxmemory-policy of ${address} is ${maxmemoryPolicy}: Redis evicts jobs when memory runs out`,
    'Run CONFIG SET maxmemory-policy noeviction, and set it in redis.conf.',
  );
}

function checkAppendOnly(address: string, appendOnly: RedisServer['appendOnly']): Finding {
  if (appendOnly === null)
    return unknown(CHECK, `Whether ${address} has an append-only file is unknown`, GRANT_INFO);
  if (appendOnly) return ok(CHECK, 'Append-only file is enabled');
  return warning(
    CHECK,
    `Append-only file of ${address} is disabled: a restart loses pushed events that were not read yet`,
    'Run CONFIG SET appendonly yes, and set it in redis.conf.',
  );
}

/** Checks that producers are running. */
function checkProducers(count: number | null): Finding {
  const check = 'producers';
  if (count === null)
    return unknown(check, 'Redis does not list its clients', 'Check /readyz of each producer.');
  if (count === 0)
    return error(
      check,
      'No producer is running, so pushes are not read and later retries are not sent',
      'Start one: apps/producer/dist/main.js.',
    );
  return ok(check, count === 1 ? '1 process' : `${count} processes`);
}

function checkPrefix(prefix: string, isPopulated: boolean): Finding {
  const check = 'queue prefix';
  if (isPopulated) return ok(check, `${prefix} is known to Redis`);
  return warning(
    check,
    `${prefix} has not been used by a producer`,
    'Start a producer, and set the same POSTHORN_QUEUE_PREFIX and POSTHORN_QUEUE_SHARDS everywhere.',
  );
}

/** Lists the prefixes for publishers that spread their pushes over the shards. */
function listPushPrefixes(settings: RedisSettings): Finding[] {
  const prefixes = pushPrefixes(settings);
  return prefixes.length === 1 ? [] : [ok('push prefixes', prefixes.join(' '))];
}

/** Checks that the keys in Redis belong to the same installation as the database. */
function checkOwner(prefix: string, owner: string | null, installationId: string | null): Finding[] {
  if (owner === null || installationId === null) return [];
  const check = 'queue prefix';
  if (owner === installationId) return [ok(check, `${prefix} belongs to this database`)];
  return [
    error(
      check,
      `${prefix} belongs to another installation, so no process of this one starts`,
      'Set another POSTHORN_QUEUE_PREFIX, or see "One prefix, one installation" in docs/servers.md.',
    ),
  ];
}
