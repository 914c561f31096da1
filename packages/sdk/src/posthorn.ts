import createFetchClient, { type Client } from 'openapi-fetch';
import { callsOf } from './calls.js';
import { parseObject, readError, unexpectedResponse } from './error.js';
import { feedOf } from './feed.js';
import type { paths } from './generated/api.js';
import { retryingFetch } from './retrying-fetch.js';
import { serializePath } from './serialize-path.js';
import { auditExportOf, tenantExportOf } from './tenant-export.js';

export interface PosthornOptions {
  /** The API key, `phk_…`. */
  apiKey: string;
  /** URL of the Posthorn API, for example `https://posthorn.example.com`. */
  baseUrl: string;
  /** Timeout of a call including its retries, in milliseconds. Default: 60,000. */
  timeoutMs?: number;
  /** Maximum number of retries after a temporary failure. Default: 4. */
  maxRetries?: number;
  /** A custom `fetch`. Default: the global one. */
  fetch?: typeof fetch;
}

const TIMEOUT_MS = 60_000;
const MAX_RETRIES = 4;

/** Client of the Posthorn API. Calls that fail throw a `PosthornError`. */
export class Posthorn {
  /** Calls any endpoint by path, with the same retries and errors: `client.GET('/v1/overview')`. */
  readonly client: Client<paths>;
  readonly webhooks;
  readonly events;
  readonly deliveries;
  readonly replays;
  readonly recoveries;
  readonly eventTypes;
  readonly tenants;
  readonly notifications;
  readonly apiKeys;
  readonly rejectedEvents;
  readonly auditEntries;
  readonly stats;
  /** What each tenant used on each day. */
  readonly erasures;
  readonly quarantine;
  readonly usage;
  /** Finds resources by an id, a URL, a name, a key or a value of a payload. */
  readonly search;
  readonly overview;
  readonly portalLinks;

  /** @throws TypeError if an option is invalid */
  constructor(options: PosthornOptions) {
    this.client = createClient(options);
    const calls = callsOf(this.client);
    const { list, get, post, patch, remove } = calls;

    this.webhooks = webhooksOf(calls);
    this.events = {
      publish: post('/v1/events'),
      publishBatch: post('/v1/events/batch'),
      list: list('/v1/events'),
      get: get('/v1/events/{id}'),
      deliveries: list('/v1/events/{id}/deliveries'),
      explain: list('/v1/events/{id}/explain'),
      replay: post('/v1/events/{id}/replay'),
    };
    this.deliveries = {
      list: list('/v1/deliveries'),
      get: get('/v1/deliveries/{id}'),
      attempts: list('/v1/deliveries/{id}/attempts'),
      request: get('/v1/deliveries/{id}/request'),
      retry: post('/v1/deliveries/{id}/retry'),
      retrySelected: post('/v1/deliveries/retry'),
      skip: post('/v1/deliveries/{id}/skip'),
    };
    this.replays = {
      list: list('/v1/replays'),
      get: get('/v1/replays/{id}'),
      cancel: post('/v1/replays/{id}/cancel'),
    };
    this.recoveries = {
      create: post('/v1/recoveries'),
      list: list('/v1/recoveries'),
      get: get('/v1/recoveries/{id}'),
      cancel: post('/v1/recoveries/{id}/cancel'),
    };
    this.eventTypes = {
      list: list('/v1/event-types'),
      create: post('/v1/event-types'),
      get: get('/v1/event-types/{name}'),
      update: patch('/v1/event-types/{name}'),
      delete: remove('/v1/event-types/{name}'),
    };
    this.tenants = tenantsOf(calls, this.client);
    this.notifications = {
      get: get('/v1/notifications'),
      test: post('/v1/notifications/test'),
      recipients: get('/v1/notification-recipients'),
      addRecipient: post('/v1/notification-recipients'),
      removeRecipient: remove('/v1/notification-recipients/{address}'),
    };
    this.apiKeys = {
      list: list('/v1/api-keys'),
      get: get('/v1/api-keys/{id}'),
      create: post('/v1/api-keys'),
      rotate: post('/v1/api-keys/{id}/rotate'),
      revoke: remove('/v1/api-keys/{id}'),
    };
    this.rejectedEvents = { list: list('/v1/rejected-events'), get: get('/v1/rejected-events/{id}') };
    this.auditEntries = {
      list: list('/v1/audit-entries'),
      verify: get('/v1/audit-entries/verification'),
      export: auditExportOf(this.client),
    };
    this.search = get('/v1/search');
    this.stats = { get: get('/v1/stats'), webhooks: get('/v1/stats/webhooks') };
    this.erasures = {
      create: post('/v1/erasures'),
      list: list('/v1/erasures'),
      get: get('/v1/erasures/{id}'),
    };
    this.quarantine = { get: get('/v1/quarantine'), release: post('/v1/quarantine/release') };
    this.usage = { list: list('/v1/usage') };
    this.overview = { get: get('/v1/overview'), attention: get('/v1/overview/attention') };
    this.portalLinks = {
      list: list('/v1/portal-links'),
      create: post('/v1/portal-links'),
      revoke: remove('/v1/portal-links/{id}'),
    };
  }
}

function tenantsOf(
  { list, get, post, put, patch, remove }: ReturnType<typeof callsOf>,
  client: Client<paths>,
) {
  return {
    list: list('/v1/tenants'),
    create: post('/v1/tenants'),
    get: get('/v1/tenants/{id}'),
    put: put('/v1/tenants/{id}'),
    update: patch('/v1/tenants/{id}'),
    suspend: post('/v1/tenants/{id}/suspend'),
    reactivate: post('/v1/tenants/{id}/reactivate'),
    delete: remove('/v1/tenants/{id}'),
    restore: post('/v1/tenants/{id}/restore'),
    requestCertificate: post('/v1/tenants/{id}/client-certificate/csr'),
    putCertificate: put('/v1/tenants/{id}/client-certificate'),
    egress: get('/v1/tenants/{id}/egress'),
    putEgress: put('/v1/tenants/{id}/egress'),
    endShadows: post('/v1/tenants/{id}/end-shadows'),
    refusedImports: get('/v1/tenants/{id}/refused-imports'),
    putRefusedImports: put('/v1/tenants/{id}/refused-imports'),
    export: tenantExportOf(client),
  };
}

function webhooksOf({ list, get, post, put, patch, remove }: ReturnType<typeof callsOf>) {
  const feedPage = get('/v1/webhooks/{id}/feed');
  const setFeedCursor = post('/v1/webhooks/{id}/feed/cursor');
  return {
    list: list('/v1/webhooks'),
    create: post('/v1/webhooks'),
    get: get('/v1/webhooks/{id}'),
    put: put('/v1/webhooks/{id}'),
    import: put('/v1/webhooks/{id}/import'),
    removeImport: post('/v1/webhooks/{id}/import/remove'),
    update: patch('/v1/webhooks/{id}'),
    delete: remove('/v1/webhooks/{id}'),
    sendValidation: post('/v1/webhooks/{id}/validation'),
    confirmValidation: post('/v1/webhooks/{id}/validation/confirm'),
    attestValidation: post('/v1/webhooks/{id}/validation/attest'),
    testAuthentication: post('/v1/webhooks/{id}/test-authentication'),
    suspend: post('/v1/webhooks/{id}/suspend'),
    reactivate: post('/v1/webhooks/{id}/reactivate'),
    rotateSecret: post('/v1/webhooks/{id}/secrets/rotate'),
    secrets: list('/v1/webhooks/{id}/secrets'),
    endSecret: remove('/v1/webhooks/{id}/secrets/{secretId}'),
    createSigningKey: post('/v1/webhooks/{id}/signing-keys'),
    signingKeys: list('/v1/webhooks/{id}/signing-keys'),
    endSigningKey: remove('/v1/webhooks/{id}/signing-keys/{keyId}'),
    requestCertificate: post('/v1/webhooks/{id}/client-certificate/csr'),
    putCertificate: put('/v1/webhooks/{id}/client-certificate'),
    previewFormat: post('/v1/delivery-formats/preview'),
    blockedKeys: list('/v1/webhooks/{id}/blocked-keys'),
    feed: feedOf({ read: feedPage, saveCursor: setFeedCursor }),
    feedPage,
    feedCursor: get('/v1/webhooks/{id}/feed/cursor'),
    setFeedCursor,
    test: post('/v1/webhooks/{id}/test'),
    replay: post('/v1/webhooks/{id}/replay'),
    compare: post('/v1/webhooks/{id}/compare'),
    egress: get('/v1/webhooks/{id}/egress'),
    putEgress: put('/v1/webhooks/{id}/egress'),
    mute: post('/v1/webhooks/{id}/notifications/mute'),
    unmute: post('/v1/webhooks/{id}/notifications/unmute'),
    acknowledge: post('/v1/webhooks/{id}/notifications/acknowledge'),
  };
}

function createClient({ apiKey, baseUrl, ...options }: PosthornOptions): Client<paths> {
  if (!/^https?:\/\//.test(baseUrl)) throw new TypeError(`baseUrl must be an http or https URL: ${baseUrl}`);
  if (!apiKey) throw new TypeError('apiKey is required');
  const client = createFetchClient<paths>({
    baseUrl,
    headers: { authorization: `Bearer ${apiKey}` },
    pathSerializer: serializePath,
    fetch: retryingFetch({
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      maxRetries: options.maxRetries ?? MAX_RETRIES,
      fetch: options.fetch ?? ((...args) => fetch(...args)),
    }),
  });
  client.use({
    async onResponse({ response, options: { parseAs } }) {
      if (!response.ok) throw await readError(response);
      if (parseAs === 'json' && response.status !== 204) await requireObject(response.clone());
    },
  });
  return client;
}

/** @throws PosthornError if the body is not a JSON object: the response is not from the API */
async function requireObject(response: Response): Promise<void> {
  const body = await response.text();
  if (parseObject(body) === undefined) throw unexpectedResponse(response, body);
}
