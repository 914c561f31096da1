import { Posthorn } from '@posthorn/sdk';
import {
  type ApiFlags,
  type LocalStack,
  NotConfiguredError,
  type ResolvedApi,
  resolveApi,
} from '../command/resolve-api.js';
import { manifest } from '../host/manifest.js';
import { checkApi } from './check-api.js';
import { checkDatabase, installationOf } from './check-database.js';
import { checkOutbound } from './check-outbound.js';
import { checkEgressProxy } from './check-egress-proxy.js';
import { checkOutbox } from './check-outbox.js';
import { checkRedis } from './check-redis.js';
import { checkSingleSignOn } from './check-single-sign-on.js';
import { readServices } from './configuration.js';
import { error, type Finding, ok, unknown } from './finding.js';
import { isAtLeast } from '@posthorn/runtime/supported-node';

/** Runs all checks that are possible from this machine, one after the other. */
export async function* diagnose(
  flags: ApiFlags,
  env: NodeJS.ProcessEnv,
  folder: string,
): AsyncGenerator<Finding, void, void> {
  yield checkNode();
  const resolved = resolveIfConfigured(flags, env, folder);
  if (resolved === null) yield unknown('API', 'Not configured', 'See posthorn doctor --help.');
  else {
    const { url, apiKey } = resolved;
    const api = new Posthorn({ baseUrl: url, apiKey, timeoutMs: 5000, maxRetries: 0 });
    yield* await checkApi(url, api);
  }
  yield* checkServices(env, resolved?.local ?? null);
}

function checkNode(): Finding {
  const { node } = process.versions;
  const minimum = manifest.engines.node.replace(/^\D+/, '');
  if (isAtLeast(node, minimum)) return ok('Node', node);
  return error('Node', `${node} is too old`, `Upgrade to Node ${minimum} or newer.`);
}

function resolveIfConfigured(flags: ApiFlags, env: NodeJS.ProcessEnv, folder: string): ResolvedApi | null {
  try {
    return resolveApi(flags, env, folder);
  } catch (failure) {
    const key = flags.apiKey ?? env['POSTHORN_API_KEY'];
    if (failure instanceof NotConfiguredError && key === undefined) return null;
    throw failure;
  }
}

async function* checkServices(env: NodeJS.ProcessEnv, local: LocalStack | null) {
  const { services, findings } = readServices(env, local);
  yield* findings;
  if (services === null) return;
  const { databaseUrl, sealers, payloads, redis, outbound, proxy, outboxes, singleSignOn } = services;
  if (databaseUrl) yield* await checkDatabase(databaseUrl, { sealers, payloads });
  if (redis) yield* await checkRedis(redis, databaseUrl ? await installationOf(databaseUrl) : null);
  yield* checkOutbound(outbound);
  if (proxy) yield* await checkEgressProxy(proxy);
  for (const outbox of outboxes) yield await checkOutbox(outbox);
  if (singleSignOn) yield await checkSingleSignOn(singleSignOn);
}
