import { type components, type Posthorn, PosthornError } from '@posthorn/sdk';
import { parseUrl } from '@posthorn/core';
import { manifest } from '../host/manifest.js';
import { unchecked } from '../command/options.js';
import { checkClock } from './check-clock.js';
import { error, type Finding, ok, errorMessage, unknown, warning } from './finding.js';

type Session = components['schemas']['Session'];

const TIMEOUT_MS = 5000;

/** The Date header has a resolution of one second. */
const DATE_PRECISION_MS = 1000;

const WEEK_MS = 7 * 24 * 3600 * 1000;

/** Checks the API: its public endpoints, the API key and the workers. */
export async function checkApi(url: string, api: Posthorn): Promise<Finding[]> {
  const get = (path: string) =>
    fetch(url.replace(/\/$/, '') + path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const sentAtMs = Date.now();
  let ready: Response;
  try {
    ready = await get('/readyz');
  } catch (failure) {
    const message = `Cannot connect to ${url}: ${errorMessage(failure)}`;
    return [error('API', message, 'Check that the API is running and that this is its URL.')];
  }
  // The further calls take time, so the clock is read now.
  const clock = checkApiClock(ready.headers.get('date'), { sentAtMs, receivedAtMs: Date.now() });
  return [
    await checkReadiness(url, ready),
    ...checkTransport(url),
    await checkVersion(get),
    clock,
    ...(await checkKey(api)),
  ];
}

/** Checks the Date header of a response, which was written at some time between request and response. */
export function checkApiClock(
  date: string | null,
  { sentAtMs, receivedAtMs }: { sentAtMs: number; receivedAtMs: number },
): Finding {
  const middleMs = (sentAtMs + receivedAtMs) / 2;
  const precisionMs = DATE_PRECISION_MS + (receivedAtMs - sentAtMs) / 2;
  return checkClock('API', Date.parse(date ?? '') - middleMs, precisionMs);
}

async function checkReadiness(url: string, ready: Response): Promise<Finding> {
  if (ready.ok) return checkDegradation(url, ready);
  const problem = unchecked<{ detail?: string } | null>(await ready.json().catch(() => null));
  return error('API', `${url} is not ready: ${problem?.detail ?? ready.status}`, 'See the log of the API.');
}

/** What an API that is ready cannot do. */
const DEGRADATIONS = {
  redis: [
    'Redis is unavailable to it, so that deliveries wait',
    'Check REDIS_URL of the API, and the server.',
  ],
  quarantine: [
    'the database was restored, and erased data may be back, so that nothing that is stored is sent',
    'Run `posthorn erasures replay`, or `posthorn quarantine release` if nothing was erased.',
  ],
} as const;

async function checkDegradation(url: string, ready: Response): Promise<Finding> {
  const body = unchecked<{ degradedBy?: (keyof typeof DEGRADATIONS)[] } | null>(
    await ready.json().catch(() => null),
  );
  const [first] = body?.degradedBy ?? [];
  if (first === undefined) return ok('API', `${url} is ready`);
  const [message, advice] = DEGRADATIONS[first];
  return error('API', `${url} is degraded: ${message}`, advice);
}

function checkTransport(url: string): Finding[] {
  const { protocol, hostname } = parseUrl(url) ?? {};
  if (protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname ?? '')) return [];
  return [warning('API', 'The API key is sent unencrypted', 'Put a TLS proxy in front of the API.')];
}

/** Compares the version of the API, which its OpenAPI document contains, with that of the CLI. */
export async function checkVersion(get: (path: string) => Promise<Response>): Promise<Finding> {
  let document: { info?: { version?: string } } | null;
  try {
    document = unchecked(await (await get('/openapi.json')).json());
  } catch (failure) {
    const isOtherContent = failure instanceof SyntaxError;
    if (!isOtherContent) return unknown('version', errorMessage(failure), 'Fix the API findings first.');
    document = null;
  }
  const found = document?.info?.version;
  if (found === undefined) return error('version', 'The server is not a Posthorn API', 'Check the URL.');
  if (found === manifest.version) return ok('version', `API and CLI are ${found}`);
  return warning(
    'version',
    `API is ${found}, CLI is ${manifest.version}`,
    'Use the CLI version that matches the API.',
  );
}

async function checkKey(api: Posthorn): Promise<Finding[]> {
  const check = 'API key';
  try {
    const { data: session } = await api.client.GET('/v1/session');
    return session ? [describeKey(session), await checkWorkers(api, session)] : [];
  } catch (failure) {
    if (isOf(failure, 'unauthorized'))
      return [
        error(
          check,
          `Rejected: ${errorMessage(failure)}`,
          'Create a key with `posthorn keys create`, or set POSTHORN_ADMIN_KEY.',
        ),
      ];
    return [unknown(check, errorMessage(failure), 'Fix the API findings first.')];
  }
}

const isOf = (failure: unknown, code: PosthornError['code']): boolean =>
  failure instanceof PosthornError && failure.code === code;

function describeKey({ holder, expiresAt }: Session): Finding {
  const { name, prefix, scopes, tenantId, tenantIds } = holder;
  const reach = tenantId ?? tenantIds?.join(' and ') ?? 'all tenants';
  const message = `${prefix}… ${name ? `(${name}) ` : ''}for ${reach}: ${scopes.join(', ')}`;
  const expiresSoon = expiresAt !== null && Date.parse(expiresAt) - Date.now() < WEEK_MS;
  return expiresSoon
    ? warning('API key', `${message}; expires at ${expiresAt}`, 'Rotate it: `posthorn keys rotate`.')
    : ok('API key', message);
}

/** Checks that workers are running. */
async function checkWorkers(api: Posthorn, { holder }: Session): Promise<Finding> {
  const check = 'workers';
  if (holder.tenantId !== null || holder.tenantIds !== null)
    return unknown(check, 'The API key is not for all tenants', 'Use a key for all tenants.');
  try {
    const { data } = await api.client.GET('/v1/overview');
    const processes = data?.workers?.processes ?? null;
    if (processes === null)
      return unknown(check, 'Redis does not list its clients', 'Check /readyz of each worker.');
    if (processes === 0)
      return error(
        check,
        'No worker is running, so nothing is delivered',
        'Start one: apps/worker/dist/main.js.',
      );
    return ok(check, processes === 1 ? '1 process' : `${processes} processes`);
  } catch (failure) {
    return unknown(check, errorMessage(failure), 'Use a key with the scope deliveries:read.');
  }
}
