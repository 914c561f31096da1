// Single sign-on in the dashboard with a real OpenID Connect provider of another site.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from '@posthorn/database/connection';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  apiClient,
  type IdentityProviderServer,
  startIdentityProvider,
  testServers,
  type TestServers,
} from '@posthorn/testkit';
import type { Browser, Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { launchBrowser, newBrowserUser, useBrowserTimeout, withNewUser } from './browser-user.js';
import { checkPage, screenshot } from './check-page.js';
import { enterKey } from './sign-in.js';
import { waitUntilSettled } from './wait-until-settled.js';

const REFRESH_MINUTES = 1;
const REFRESH_MS = REFRESH_MINUTES * 60_000;
/** How often an open page checks its session. */
const CHECK_MS = 30_000;

const ROLES = [
  { group: 'hooks-admins', role: 'admin' },
  { group: 'hooks-operators', role: 'operator' },
  { group: 'hooks-viewers', role: 'viewer' },
  { group: 'hooks-one-tenant', role: 'operator', tenantIds: ['default'] },
];

let browser: Browser;
let servers: TestServers;
let provider: IdentityProviderServer;
let stack: Stack;
let api: ApiClient;

useBrowserTimeout();
beforeAll(async () => {
  browser = await launchBrowser();
  servers = await testServers();
  const port = await freePort();
  const apiUrl = `http://127.0.0.1:${port}`;
  // Another site than that of the API, so that cookies are sent as in production.
  provider = await startIdentityProvider('localhost');
  await provider.register({
    redirectUri: `${apiUrl}/v1/sso/callback`,
    logoutUri: `${apiUrl}/v1/sso/back-channel-logout`,
  });
  stack = await startStack({ ephemeral: true, role: 'all', port, servers, env: settings(apiUrl) });
  api = apiClient(stack.apiUrl, stack.adminKey);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  await provider?.close();
  await servers?.drop();
});

beforeEach(() => {
  setGroups('ada', ['hooks-admins']);
  setGroups('olga', ['hooks-operators']);
  setGroups('vera', ['hooks-viewers']);
  setGroups('nora', ['sales']);
});

const settings = (apiUrl: string): Record<string, string> => ({
  POSTHORN_PUBLIC_URL: apiUrl,
  POSTHORN_OIDC_ISSUER: provider.issuer,
  POSTHORN_OIDC_CLIENT_ID: provider.clientId,
  POSTHORN_OIDC_CLIENT_SECRET: provider.clientSecret,
  POSTHORN_OIDC_NAME: 'Acme ID',
  POSTHORN_OIDC_SCOPES: 'openid email profile groups offline_access',
  POSTHORN_OIDC_ROLES: JSON.stringify(ROLES),
  POSTHORN_OIDC_REFRESH_MINUTES: String(REFRESH_MINUTES),
});

const emailOf = (user: string) => `${user}@acme.example`;

function setGroups(user: string, groups: string[]): void {
  provider.people.set(user, { email: emailOf(user), email_verified: true, name: user, groups });
}

const withNew = (task: (page: Page) => Promise<void>): Promise<void> => withNewUser(browser, task);

const ssoLink = (page: Page) => page.getByRole('link', { name: 'Sign in with Acme ID' });
const alert = (page: Page, title: string) => page.getByRole('alert').filter({ hasText: title });
const navigation = (page: Page) => page.getByRole('navigation', { name: 'Pages' });
const expired = (page: Page) => page.getByRole('heading', { name: 'Your session has ended' });

/** Signs in at the provider, or cancels. */
async function followLink(page: Page, user: string | null): Promise<void> {
  provider.current = user;
  await ssoLink(page).click();
}

/** Opens a path of the dashboard and signs in with single sign-on. */
async function signInAs(page: Page, user: string, path = '/'): Promise<void> {
  await page.goto(stack.apiUrl + path);
  await followLink(page, user);
  await navigation(page).waitFor({ state: 'attached' });
}

async function openAccount(page: Page, user: string): Promise<string> {
  await navigation(page)
    .getByRole('button', { name: emailOf(user) })
    .click();
  const details = page.getByRole('dialog');
  await details.getByText('Role').waitFor();
  return details.innerText();
}

/** Waits until the page of keys is in no request, which would time out when the clock is put forward. */
async function waitUntilLoaded(page: Page): Promise<void> {
  await page.getByRole('table', { name: 'API keys' }).waitFor();
  await page.waitForLoadState('networkidle');
}

async function runSql(statement: string): Promise<void> {
  const { pool, stop } = connect({ url: stack.databaseUrl, applicationName: 'posthorn browser tests' });
  try {
    await pool.query(statement);
  } finally {
    await stop();
  }
}

describe('the sign-in page', () => {
  it('offers single sign-on beside keys', () =>
    withNew(async (page) => {
      await page.goto(`${stack.apiUrl}/sign-in`);
      await ssoLink(page).waitFor();
      await page.getByLabel('API key', { exact: true }).waitFor();
      await checkPage(page, 'sign-in-with-sso');
    }));

  it.each([
    ['sso_no_access', 'You have no access'],
    ['sso_cancelled', 'Sign-in cancelled'],
    ['sso_expired', 'Sign-in expired'],
    ['sso_rejected', 'Sign-in rejected'],
    ['sso_unavailable', 'Sign-in failed'],
  ])('explains %s', (error, title) =>
    withNew(async (page) => {
      await page.goto(`${stack.apiUrl}/sign-in?error=${error}`);
      await alert(page, title).waitFor();
      expect(await alert(page, title).innerText()).toMatch(/sign in again|Sign in again/);
      await checkPage(page, `sign-in-${error}`);
    }),
  );

  it('accepts a key while the options are loaded', () =>
    withNew(async (page) => {
      await page.route('**/v1/sign-in-options', () => {});
      await page.goto(`${stack.apiUrl}/sign-in`);
      await enterKey(page, stack.adminKey);
      await navigation(page).waitFor({ state: 'attached' });
    }));

  it('accepts a key if the options could not be loaded, and says so', () =>
    withNewUser(
      browser,
      async (page) => {
        await page.route('**/v1/sign-in-options', (route) => route.abort('connectionfailed'));
        await page.goto(`${stack.apiUrl}/sign-in`);
        await alert(page, "Can't reach the server").waitFor();
        await expectAccessible(page);
        await enterKey(page, stack.adminKey);
        await navigation(page).waitFor({ state: 'attached' });
      },
      { allowedErrors: /net::ERR_CONNECTION_FAILED/ },
    ));
});

describe('a person', () => {
  const OFFERS = { viewer: [false, false], operator: [true, false], admin: [true, true] };

  it.each([
    ['vera', 'viewer', 'Viewer'],
    ['olga', 'operator', 'Operator'],
    ['ada', 'admin', 'Admin'],
  ] as const)('%s has the role of the group and is offered what it may do: %s', (user, role, label) =>
    withNew(async (page) => {
      await signInAs(page, user, '/recoveries');
      await page.getByRole('heading', { level: 1, name: 'Recoveries' }).waitFor();
      await page.getByText('No recoveries yet').waitFor();
      const recover = await page.getByRole('button', { name: 'Recover all tenants' }).isVisible();
      const details = await openAccount(page, user);
      for (const text of [emailOf(user), label, 'All tenants']) expect(details).toContain(text);
      await expectAccessible(page);
      await screenshot(page, `account-${role}`);
      await page.keyboard.press('Escape');
      await navigation(page).getByRole('link', { name: 'Tenants' }).click();
      await page.getByRole('table', { name: 'Tenants' }).waitFor();
      const create = await page.getByRole('button', { name: 'Create tenant' }).isVisible();
      expect([recover, create]).toEqual(OFFERS[role]);
    }),
  );

  it('of some tenants sees only these', () =>
    withNew(async (page) => {
      setGroups('tom', ['hooks-one-tenant']);
      await signInAs(page, 'tom', '/webhooks');
      await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor();
      expect(await openAccount(page, 'tom')).toMatch(/Tenants\s+default/);
      expect(await navigation(page).getByRole('link', { name: 'Tenants' }).count()).toBe(0);
    }));

  it('returns to the page that was asked for, with its filters', () =>
    withNew(async (page) => {
      await signInAs(page, 'olga', '/deliveries?status=failed');
      await page.waitForURL(`${stack.apiUrl}/deliveries?status=failed`);
    }));

  it('signs out', () =>
    withNew(async (page) => {
      await signInAs(page, 'olga');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await ssoLink(page).waitFor();
      await page.goto(`${stack.apiUrl}/webhooks`);
      await ssoLink(page).waitFor();
    }));

  it('gives a customer a portal link, which works after a sign-out and ends with the access of the person', async () => {
    const { body: tenant } = await api.post('/v1/tenants', { name: 'Portal customer' });
    let link = '';
    await withNew(async (page) => {
      await signInAs(page, 'ada', `/tenants/${tenant.id}`);
      await page.getByRole('button', { name: 'Create portal link' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('ends when you lose your access').waitFor();
      await dialog.getByRole('button', { name: 'Create link' }).click();
      link = (await dialog.getByRole('link', { name: 'Open portal' }).getAttribute('href')) ?? '';
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await ssoLink(page).waitFor();
    });
    const openPortal = (heading: string) =>
      withNew(async (page) => {
        await page.goto(link);
        await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      });
    await openPortal('Overview');
    // Their next sign-in shows that they have lost it.
    setGroups('ada', []);
    await withNew(async (page) => {
      await page.goto(`${stack.apiUrl}/sign-in`);
      await followLink(page, 'ada');
      await alert(page, 'You have no access').waitFor();
    });
    await openPortal('Your session expired');
  });

  it('without a matching group learns that, and the audit log has the reason', () =>
    withNew(async (page) => {
      await page.goto(`${stack.apiUrl}/sign-in`);
      await followLink(page, 'nora');
      await alert(page, 'You have no access').waitFor();
      const { body } = await api.get('/v1/audit-entries?action=sign_in.failed&limit=1');
      expect(body.data[0]).toMatchObject({
        actor: { name: emailOf('nora') },
        after: { reason: 'no_matching_rule' },
      });
    }));

  it('who cancels can sign in again, and reaches the page that was asked for', () =>
    withNew(async (page) => {
      await page.goto(`${stack.apiUrl}/deliveries?status=failed`);
      await followLink(page, null);
      await alert(page, 'Sign-in cancelled').waitFor();
      await followLink(page, 'olga');
      await page.waitForURL(`${stack.apiUrl}/deliveries?status=failed`);
    }));

  it('is named in the audit log, which can be filtered by them', () =>
    withNew(async (page) => {
      await signInAs(page, 'ada', '/tenants');
      await page.getByRole('button', { name: 'Create tenant' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Name' }).fill('Made by Ada');
      await dialog.getByRole('button', { name: 'Create tenant' }).click();
      await page.getByText('It has full access to this tenant').waitFor();
      await page.goto(`${stack.apiUrl}/audit`);
      const table = page.getByRole('table', { name: 'Audit log' });
      await table.getByText(emailOf('ada')).first().waitFor();
      await page.getByRole('link', { name: 'Tenant created' }).first().click();
      const drawer = page.getByRole('dialog');
      await drawer.getByText(/^per_/).waitFor();
      await screenshot(page, 'audit-person');
      await drawer.getByRole('link', { name: 'All entries by this person' }).click();
      await page.waitForURL(/actor=per_/);
      await waitUntilSettled(page);
      expect(await page.getByRole('combobox', { name: 'Actor' }).inputValue()).toBe(emailOf('ada'));
      await checkPage(page, 'audit-of-a-person');
    }));
});

describe('while the identity provider is unavailable', () => {
  afterEach(() => provider.reopen());

  it('the sign-in page says so, accepts keys, and offers it again as soon as it responds', () =>
    withNew(async (page) => {
      await provider.close();
      // The API checks the provider every few seconds.
      const status = page.getByRole('status').filter({ hasText: "Can't reach Acme ID" });
      while (!(await status.isVisible())) {
        await page.goto(`${stack.apiUrl}/sign-in`);
        await waitUntilSettled(page);
      }
      expect(await status.innerText()).toContain('sign in with an API key');
      expect(await ssoLink(page).count()).toBe(0);
      await checkPage(page, 'sign-in-unavailable');
      await provider.reopen();
      await ssoLink(page).waitFor();
      await provider.close();
      await enterKey(page, stack.adminKey);
      await navigation(page).waitFor({ state: 'attached' });
    }));
});

describe('an open page', () => {
  const LIMIT_MS = REFRESH_MS + CHECK_MS + 15_000;

  it(
    'ends within the refresh interval when the person is removed from all groups, and the same page opens after',
    () =>
      withNew(async (page) => {
        await signInAs(page, 'olga', '/deliveries?status=failed');
        const removedAt = performance.now();
        setGroups('olga', []);
        await expired(page).waitFor({ timeout: LIMIT_MS });
        expect(performance.now() - removedAt).toBeLessThan(LIMIT_MS);
        await checkPage(page, 'person-session-expired');
        await page.getByRole('link', { name: 'Sign in again' }).click();
        await ssoLink(page).waitFor();
        setGroups('olga', ['hooks-operators']);
        await ssoLink(page).click();
        await page.waitForURL(`${stack.apiUrl}/deliveries?status=failed`);
        await navigation(page).waitFor({ state: 'attached' });
      }),
    LIMIT_MS + 60_000,
  );

  it(
    'shows the new role of the person within the refresh interval',
    () =>
      withNew(async (page) => {
        await signInAs(page, 'ada', '/tenants');
        const create = page.getByRole('button', { name: 'Create tenant' });
        await create.waitFor();
        setGroups('ada', ['hooks-viewers']);
        await create.waitFor({ state: 'detached', timeout: LIMIT_MS });
      }),
    LIMIT_MS + 60_000,
  );

  it('ends when the person signs out at the provider', () =>
    withNew(async (page) => {
      await page.clock.install();
      await signInAs(page, 'olga', '/api-keys');
      await waitUntilLoaded(page);
      await provider.logOut('olga');
      await page.clock.fastForward(CHECK_MS);
      await expired(page).waitFor();
    }));

  it('that loads nothing ends after a time without activity', () =>
    withNew(async (page) => {
      await page.clock.install();
      await signInAs(page, 'olga', '/api-keys');
      await waitUntilLoaded(page);
      await runSql(`UPDATE api_key SET expires_at = now() - interval '1 second' WHERE kind = 'session'`);
      await page.clock.fastForward(CHECK_MS);
      await expired(page).waitFor();
    }));

  it('reports activity at most once a minute, and nothing without input', async () => {
    const user = await newBrowserUser(browser);
    await user.run(async (page) => {
      await signInAs(page, 'olga', '/webhooks');
      await waitUntilSettled(page);
      await page.clock.install();
      await page.reload();
      await waitUntilSettled(page);
      let reports = 0;
      page.on('request', (request) => {
        if (request.url().endsWith('/v1/session/activity')) reports += 1;
      });
      const reported = () => page.waitForResponse(/\/v1\/session\/activity/);
      await page.clock.fastForward(REFRESH_MS);
      expect(reports).toBe(0);
      const [first] = await Promise.all([reported(), page.keyboard.press('Shift')]);
      expect(first.status()).toBe(204);
      await page.keyboard.press('Shift');
      await page.mouse.move(200, 200);
      expect(reports).toBe(1);
      await Promise.all([reported(), page.clock.fastForward(REFRESH_MS)]);
      await page.clock.fastForward(REFRESH_MS);
      expect(reports).toBe(2);
    });
    await user.close();
  });

  it('of a key reports no activity', () =>
    withNew(async (page) => {
      await page.goto(`${stack.apiUrl}/webhooks`);
      await enterKey(page, stack.adminKey);
      await navigation(page).waitFor({ state: 'attached' });
      const requests: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      await page.keyboard.press('Shift');
      await page.mouse.move(200, 200);
      await page.getByRole('link', { name: 'Events', exact: true }).click();
      await page.getByText('No events yet').waitFor();
      expect(requests.filter((url) => url.includes('/v1/session'))).toEqual([]);
    }));
});

describe('if people sign in with single sign-on only', () => {
  let own: TestServers;
  let strict: Stack;
  beforeAll(async () => {
    own = await testServers();
    const env = { ...settings(stack.apiUrl), POSTHORN_KEY_SIGN_IN: 'false' };
    strict = await startStack({ ephemeral: true, role: 'all', servers: own, env });
  });
  afterAll(async () => {
    await strict?.stop();
    await own?.drop();
    await provider.reopen();
  });

  it('the sign-in page has no form for a key, also while the identity provider is unavailable', () =>
    withNew(async (page) => {
      await page.goto(`${strict.apiUrl}/sign-in`);
      await ssoLink(page).waitFor();
      expect(await page.getByLabel('API key').count()).toBe(0);
      await checkPage(page, 'sign-in-sso-only');
      await provider.close();
      const status = page.getByRole('status').filter({ hasText: "Can't reach Acme ID" });
      while (!(await status.isVisible())) {
        await page.goto(`${strict.apiUrl}/sign-in`);
        await waitUntilSettled(page);
      }
      expect(await status.innerText()).not.toContain('API key');
      expect(await page.getByLabel('API key').count()).toBe(0);
    }));
});
