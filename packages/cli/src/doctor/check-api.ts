import { type components, type Posthorn, PosthornError } from '@posthorn/sdk';
import { parseUrl } from '@posthorn/core';
import { manifest } from '../manifest.js';
import { unchecked } from '../options.js';
import { checkClock } from './check-clock.js';
import { error, type Finding, ok, errorMessage, unknown, warning } from './finding.js';

type Session = components['schemas']['Session'];

const TIMEOUT_MS = 5000;

/** The header Date counts whole seconds. */
const DATE_PRECISION_MS = 1000;

const WEEK_MS = 7 * 24 * 3600 * 1000;

/** What an API says of itself to anybody, and to this key. */
export async function checkApi(url: string, api: Posthorn): Promise<Finding[]> {
  const get = (path: string) =>
    fetch(url.replace(/\/$/, '') + path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  let ready: Response;
  try {
    ready = await get('/readyz');
  } catch {
    return [error('API', `nothing answers at ${url}`, 'Is it running, and is this its address?')];
  }
  return [
    await readiness(url, ready),
    ...clearText(url),
    await version(get),
    checkClock('API', Date.parse(ready.headers.get('date') ?? '') - Date.now(), DATE_PRECISION_MS),
    ...(await checkKey(api)),
  ];
}

async function readiness(url: string, ready: Response): Promise<Finding> {
  if (ready.ok) return ok('API', `${url} is ready`);
  const problem = unchecked<{ detail?: string } | null>(await ready.json().catch(() => null));
  return error('API', `${url} is not ready: ${problem?.detail ?? ready.status}`, 'Its log says more.');
}

function clearText(url: string): Finding[] {
  const { protocol, hostname } = parseUrl(url) ?? {};
  if (protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname ?? '')) return [];
  return [
    warning('API', 'the key crosses the network in clear', 'Put a proxy that speaks TLS before the API.'),
  ];
}

async function version(get: (path: string) => Promise<Response>): Promise<Finding> {
  const document = await get('/openapi.json')
    .then((response) => response.json())
    .catch(() => null);
  const found = unchecked<{ info?: { version?: string } } | null>(document)?.info?.version;
  if (found === undefined)
    return error('version', 'what answers there is no Posthorn', 'Is this its address?');
  if (found === manifest.version) return ok('version', `API and command line are ${found}`);
  return warning(
    'version',
    `the API is ${found}, this command line ${manifest.version}`,
    'Use the command line of the same version.',
  );
}

async function checkKey(api: Posthorn): Promise<Finding[]> {
  const check = 'API key';
  try {
    const { data: session } = await api.client.GET('/v1/session');
    return session ? [key(session), await checkWork(api, session)] : [];
  } catch (failure) {
    if (isOf(failure, 'unauthorized'))
      return [
        error(
          check,
          `it is refused: ${errorMessage(failure)}`,
          'Make one: `posthorn keys create`, or POSTHORN_ADMIN_KEY.',
        ),
      ];
    return [unknown(check, errorMessage(failure), 'See what is said of the API.')];
  }
}

const isOf = (failure: unknown, code: PosthornError['code']): boolean =>
  failure instanceof PosthornError && failure.code === code;

function key({ apiKey, expiresAt }: Session): Finding {
  const { name, prefix, scopes, tenantId } = apiKey;
  const message = `${prefix}… ${name ? `(${name}) ` : ''}for ${tenantId ?? 'all tenants'}: ${scopes.join(', ')}`;
  const isEnding = expiresAt !== null && Date.parse(expiresAt) - Date.now() < WEEK_MS;
  return isEnding
    ? warning('API key', `${message}; it ends at ${expiresAt}`, 'Make the next: `posthorn keys rotate`.')
    : ok('API key', message);
}

/** Whether somebody delivers. */
async function checkWork(api: Posthorn, { apiKey }: Session): Promise<Finding> {
  const check = 'workers';
  if (apiKey.tenantId !== null)
    return unknown(check, 'this key is for one tenant', 'A key for all tenants sees them.');
  try {
    const { data } = await api.client.GET('/v1/overview');
    const processes = data?.workers?.processes ?? null;
    if (processes === null)
      return unknown(check, 'Redis does not tell of its clients', 'Look at their /readyz.');
    if (processes === 0)
      return error(check, 'none runs: nothing is delivered', 'Start one: apps/worker/dist/main.js.');
    return ok(check, processes === 1 ? '1 process' : `${processes} processes`);
  } catch (failure) {
    return unknown(check, errorMessage(failure), 'A key with the scope deliveries:read sees them.');
  }
}
