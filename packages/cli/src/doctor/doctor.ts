import { createSealer, parseUrl } from '@posthorn/core';
import { Posthorn } from '@posthorn/sdk';
import {
  type ApiFlags,
  type ResolvedApi,
  resolveApi,
  findLocalStack,
  type LocalStack,
} from '../resolve-api.js';
import { manifest } from '../manifest.js';
import { UsageError } from '../usage-error.js';
import { checkApi } from './check-api.js';
import { checkDatabase } from './check-database.js';
import { checkOutbound } from './check-outbound.js';
import { checkRedis } from './check-redis.js';
import { readServices } from './configuration.js';
import { error, type Finding, ok, unknown } from './finding.js';
import { isAtLeast } from './versions.js';

/** Everything that can be checked from here, a part after the other. */
export async function* diagnose(
  flags: ApiFlags,
  env: NodeJS.ProcessEnv,
  folder: string,
): AsyncGenerator<Finding, void, void> {
  yield checkNode();
  const place = resolveIfConfigured(flags, env, folder);
  if (place === null) yield unknown('API', 'it is not known where it is', 'See posthorn doctor --help.');
  else {
    const api = new Posthorn({ baseUrl: place.url, apiKey: place.apiKey, timeoutMs: 5000, maxRetries: 0 });
    yield* await checkApi(place.url, api);
  }
  yield* checkServices(env, localStackOf(place, folder));
}

function checkNode(): Finding {
  const { node } = process.versions;
  const wanted = manifest.engines.node.replace(/^\D+/, '');
  if (isAtLeast(node, wanted)) return ok('Node', node);
  return error('Node', `${node} is too old`, `It takes ${wanted} or newer.`);
}

function resolveIfConfigured(flags: ApiFlags, env: NodeJS.ProcessEnv, folder: string): ResolvedApi | null {
  try {
    return resolveApi(flags, env, folder);
  } catch (failure) {
    const isNamed = flags.url ?? flags.apiKey ?? env['POSTHORN_URL'] ?? env['POSTHORN_API_KEY'];
    if (failure instanceof UsageError && isNamed === undefined) return null;
    throw failure;
  }
}

/** The local stack, unless the API is another. */
function localStackOf(place: ResolvedApi | null, folder: string): LocalStack | null {
  const local = findLocalStack(folder);
  const isIt = local && place && parseUrl(local.apiUrl)?.origin === parseUrl(place.url)?.origin;
  return isIt ? local : null;
}

async function* checkServices(env: NodeJS.ProcessEnv, local: LocalStack | null) {
  const { services, findings } = readServices(env, local);
  yield* findings;
  if (services === null) return;
  const { databaseUrl, encryptionKey, redis, outbound } = services;
  if (databaseUrl)
    yield* await checkDatabase(databaseUrl, encryptionKey ? createSealer(encryptionKey) : null);
  if (redis) yield* await checkRedis(redis);
  yield* checkOutbound(outbound);
}
