import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import type { AccessRule } from '@posthorn/core';
import type { SingleSignOnSettings } from '@posthorn/runtime/config';
import { IdentityProvider } from '../src/single-sign-on/identity-provider.js';
import { SessionRefresh } from '../src/single-sign-on/session-refresh.js';
import type { CheckedClient } from './checked-client.js';
import { ForgingProvider } from './forging-provider.js';
import { clientWith } from './sign-in.js';
import type { SingleSignOn } from '../src/single-sign-on/single-sign-on.js';
import { startApi, type TestApi } from './start-api.js';

/** The origin of the dashboard. Test browsers reach the API there. */
export const DASHBOARD = 'http://dashboard.test';
export const REDIRECT_URI = `${DASHBOARD}/v1/sso/callback`;

export const RULES: AccessRule[] = [
  { group: 'admins', role: 'admin', tenantIds: null },
  { group: 'support', role: 'operator', tenantIds: null },
  { email: 'boss@example.com', role: 'viewer', tenantIds: null },
  { domain: 'partner.example', role: 'viewer', tenantIds: null },
];

/** Returns single sign-on with a provider. */
export function singleSignOnWith(
  client: Pick<SingleSignOnSettings, 'issuer' | 'clientId' | 'clientSecret'>,
  replace: Partial<SingleSignOnSettings> = {},
): SingleSignOn {
  const settings: SingleSignOnSettings = {
    issuer: client.issuer,
    clientId: client.clientId,
    clientSecret: client.clientSecret,
    name: 'Example',
    scopes: 'openid email profile groups offline_access',
    groupsClaim: 'groups',
    rules: RULES,
    refreshMinutes: 5,
    publicOrigin: DASHBOARD,
    ...replace,
  };
  return { settings, provider: new IdentityProvider(settings) };
}

/** Starts an API with a forging provider before the tests of the file, and passes both to `onStart`. The provider is reset before each test. */
export function useForgingProvider(
  onStart: (started: { provider: ForgingProvider; api: TestApi }) => void,
  settings: Partial<SingleSignOnSettings> = {},
): void {
  let provider: ForgingProvider;
  let api: TestApi;
  beforeAll(async () => {
    provider = await new ForgingProvider().start();
    api = await startApi({ singleSignOn: singleSignOnWith(provider, settings) });
    onStart({ provider, api });
  });
  afterAll(async () => {
    await api?.close();
    await provider?.close();
  });
  beforeEach(() => provider.reset());
}

/** Deletes all people, with their sessions and portal links. */
export async function deletePeople({ deps }: TestApi): Promise<void> {
  await deps.pool.query(`DELETE FROM api_key WHERE kind = 'person'`);
}

/** Signs in with a new browser, and returns it. */
export async function signedInBrowser(api: TestApi): Promise<TestBrowser> {
  const browser = new TestBrowser(api);
  expect(await browser.signIn()).toBe('/');
  return browser;
}

/** Returns whether the session or portal link of a client is valid. */
export const isSignedIn = async ({ client }: { client: CheckedClient }): Promise<boolean> =>
  (await client.get('/v1/session')).status === 200;

/** Returns what confirms the sessions of an API. */
export function openRefresh({ deps }: TestApi, results: string[] = []): SessionRefresh {
  const { singleSignOn, pool, prisma, sealer, logger } = deps;
  if (singleSignOn === null) throw new Error('single sign-on is not configured');
  const count = (result: string) => void results.push(result);
  return new SessionRefresh({ singleSignOn, pool, changes: prisma, sealer, logger, count });
}

/** Returns what confirms the sessions of an API. `run` waits for all that it begins. */
export function sessionRefreshOf(api: TestApi, results: string[] = []): { run(): Promise<boolean> } {
  const refresh = openRefresh(api, results);
  return {
    async run() {
      const isBusy = await refresh.run();
      await refresh.settle();
      return isBusy;
    },
  };
}

/** Makes the sessions of all people due, and confirms them. Returns the results. */
export async function refreshAll(api: TestApi): Promise<string[]> {
  const results: string[] = [];
  await makeDue(api);
  await sessionRefreshOf(api, results).run();
  return results;
}

/** Makes all sessions due that nothing else changes at this moment: it waits for no lock, so that it cannot cause a deadlock. */
export async function makeDue({ deps }: TestApi): Promise<void> {
  await deps.pool.query(
    `UPDATE person_session SET refresh_at = now() - interval '1 second'
    WHERE id IN (SELECT id FROM person_session WHERE refresh_at IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED)`,
  );
}

/** A browser: it keeps cookies, and follows redirects one by one. */
export class TestBrowser {
  readonly #api: TestApi;
  readonly #cookies = new Map<string, Map<string, string>>();

  readonly #headers: Record<string, string>;

  /** @param headers sent with every request */
  constructor(api: TestApi, headers: Record<string, string> = {}) {
    this.#api = api;
    this.#headers = headers;
  }

  /** Requests a page. The path of one of the dashboard suffices. */
  async open(page: string): Promise<{ response: Response; location: URL | null }> {
    const url = new URL(page, DASHBOARD);
    const target = url.origin === DASHBOARD ? new URL(url.pathname + url.search, this.#api.url) : url;
    const jar = this.#jarOf(url.host);
    const cookie = headerOf(jar);
    const headers = { ...this.#headers, ...(cookie && { cookie }) };
    const response = await fetch(target, { redirect: 'manual', headers });
    for (const line of response.headers.getSetCookie()) keep(line, jar);
    const location = response.headers.get('location');
    return { response, location: location === null ? null : new URL(location, url) };
  }

  /** Follows redirects to the callback of the dashboard, and returns its URL. */
  async callback(next?: string): Promise<URL> {
    const query = next === undefined ? '' : `?next=${encodeURIComponent(next)}`;
    let { location } = await this.open(`/v1/sso/start${query}`);
    while (location !== null && location.origin !== DASHBOARD)
      ({ location } = await this.open(location.href));
    if (location === null) throw new Error('The identity provider does not redirect');
    return location;
  }

  /** Signs in, and returns where the dashboard is opened: its path and query. */
  async signIn(next?: string): Promise<string> {
    const callback = await this.callback(next);
    // Without the provider, the first redirect is that to the sign-in page.
    const end =
      callback.pathname === '/v1/sso/callback' ? (await this.open(callback.href)).location : callback;
    if (end?.origin !== DASHBOARD) throw new Error(`The callback leads to ${end?.href}`);
    return end.pathname + end.search;
  }

  /** The cookies of the dashboard. */
  get cookieHeader(): string {
    return headerOf(this.#jarOf(new URL(DASHBOARD).host));
  }

  get cookie(): string | null {
    const value = this.#jarOf(new URL(DASHBOARD).host).get('posthorn_session');
    return value === undefined ? null : `posthorn_session=${value}`;
  }

  /** A client with the session of the browser. */
  get client(): CheckedClient {
    return clientWith(this.#api.client(), { cookie: this.cookie ?? 'posthorn_session=none' });
  }

  #jarOf(host: string): Map<string, string> {
    let jar = this.#cookies.get(host);
    if (!jar) this.#cookies.set(host, (jar = new Map()));
    return jar;
  }
}

const headerOf = (jar: ReadonlyMap<string, string>): string =>
  [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

function keep(line: string, jar: Map<string, string>): void {
  const [pair = ''] = line.split(';');
  const [name = '', ...value] = pair.split('=');
  const expires = /expires=([^;]+)/i.exec(line)?.[1];
  const isOver = /max-age=0/i.test(line) || (expires !== undefined && Date.parse(expires) < Date.now());
  if (isOver) jar.delete(name);
  else jar.set(name, value.join('='));
}
