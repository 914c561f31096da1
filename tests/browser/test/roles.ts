// What the dashboard offers to keys with each role, and to a key that is limited to some tenants.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { withNewUser } from './browser-user.js';
import { checkPage } from './check-page.js';
import { dashboard } from './dashboard.js';
import { openPage } from './open-page.js';
import { signIn } from './sign-in.js';

const open = (page: Page, path: string) => openPage(page, dashboard.seeded.stack.apiUrl + path);
const button = (page: Page, label: string) => page.getByRole('button', { name: label, exact: true });

async function createKey(fields: Record<string, unknown>): Promise<string> {
  const { status, body } = await dashboard.seeded.api.post('/v1/api-keys', { name: 'roles', ...fields });
  expect(status).toBe(201);
  return body.key;
}

/** Runs a task as a new user with a key. */
async function as(fields: Record<string, unknown>, task: (page: Page) => Promise<void>): Promise<void> {
  const key = await createKey(fields);
  await withNewUser(dashboard.browser, async (page) => {
    await signIn(page, dashboard.seeded.stack.apiUrl, key);
    await task(page);
  });
}

type Role = 'viewer' | 'operator' | 'admin';

const ROLES: readonly Role[] = ['viewer', 'operator', 'admin'];

/** What the pages offer, and to which role at least. Each page shows all of them to an admin. */
const OFFERS: { path: () => string; shown: (page: Page) => Promise<void>; offers: Record<string, Role> }[] = [
  {
    path: () => '/webhooks',
    shown: (page) => page.getByRole('table', { name: 'Webhooks' }).waitFor(),
    offers: { 'link Create webhook': 'admin' },
  },
  {
    path: () => `/webhooks/${dashboard.seeded.ids.webhook}`,
    shown: (page) => page.getByRole('heading', { name: 'Metrics' }).waitFor(),
    offers: {
      'button Suspend webhook': 'operator',
      'button Send test event': 'operator',
      'button More actions': 'viewer',
    },
  },
  {
    path: () => `/webhooks/${dashboard.seeded.ids.suspended}`,
    shown: (page) => page.getByText('moving to the new endpoint').waitFor(),
    offers: { 'button Reactivate webhook': 'operator' },
  },
  {
    path: () => `/webhooks/${dashboard.seeded.ids.webhook}/settings`,
    shown: (page) => page.getByText('Signing secrets').first().waitFor(),
    offers: { 'button Save changes': 'admin' },
  },
  {
    path: () => `/webhooks/${dashboard.seeded.ids.webhook}/replays`,
    shown: (page) => page.getByRole('table').first().waitFor(),
    offers: { 'heading New replay': 'operator' },
  },
  {
    path: () => `/events/${dashboard.seeded.ids.event}`,
    shown: (page) => page.getByRole('heading', { name: 'Data' }).waitFor(),
    offers: { 'button Replay event': 'operator', 'button Erase': 'admin' },
  },
  {
    path: () => '/events',
    shown: (page) => page.getByRole('table', { name: 'Events' }).waitFor(),
    offers: { 'button Publish event': 'admin' },
  },
  {
    path: () => '/event-types',
    shown: (page) => page.getByText('invoice.paid').first().waitFor(),
    offers: { 'button Create event type': 'admin' },
  },
  {
    path: () => '/recoveries',
    shown: (page) => page.getByRole('table').first().waitFor(),
    offers: { 'button Recover all tenants': 'operator' },
  },
  {
    path: () => '/tenants',
    shown: (page) => page.getByRole('link', { name: 'Kestrel Bikes' }).waitFor(),
    offers: {
      'button Create tenant': 'admin',
      'button Edit settings of Kestrel Bikes': 'admin',
      'button Create portal link for Kestrel Bikes': 'admin',
    },
  },
  {
    path: () => `/tenants/${dashboard.seeded.ids.tenant}`,
    shown: (page) => page.getByRole('table', { name: 'API keys' }).waitFor(),
    offers: {
      'button Edit settings': 'admin',
      'button Suspend tenant': 'admin',
      'button Create portal link': 'admin',
      'heading Egress': 'viewer',
      'button Change egress': 'admin',
      'button More actions': 'viewer',
    },
  },
  {
    path: () => '/api-keys',
    shown: (page) => page.getByText('storefront').first().waitFor(),
    offers: { 'button Create API key': 'admin', 'button Actions for storefront': 'admin' },
  },
  {
    path: () => '/erasures',
    shown: (page) => page.getByRole('heading', { name: 'Erasures' }).waitFor(),
    offers: { 'button Erase a person': 'admin' },
  },
  {
    path: () => '/notifications',
    shown: (page) => page.getByText('Operator webhooks').first().waitFor(),
    offers: { 'link Create webhook': 'admin' },
  },
  {
    path: () => '/audit',
    shown: (page) => page.getByRole('table', { name: 'Audit log' }).waitFor(),
    offers: {},
  },
  {
    path: () => '/usage',
    shown: (page) => page.getByRole('heading', { name: 'Usage', exact: true }).waitFor(),
    offers: {},
  },
];

const locate = (page: Page, offer: string) => {
  const [role = '', ...name] = offer.split(' ');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as in OFFERS
  return page.getByRole(role as 'button' | 'link' | 'heading', { name: name.join(' '), exact: true }).first();
};

describe('a key with the role', () => {
  it.each(ROLES)('%s is offered what it may do, on every page', (role) =>
    as({ role }, async (page) => {
      const wrong: string[] = [];
      for (const { path, shown, offers } of OFFERS) {
        await open(page, path());
        await shown(page);
        for (const [offer, lowest] of Object.entries(offers)) {
          const isExpected = ROLES.indexOf(role) >= ROLES.indexOf(lowest);
          if (isExpected) await locate(page, offer).waitFor();
          else if (await locate(page, offer).isVisible()) wrong.push(`${path()}: ${offer}`);
        }
      }
      expect(wrong).toEqual([]);
    }),
  );

  it('viewer gets a clear message if it makes a call nevertheless', () =>
    as({ role: 'viewer' }, async (page) => {
      const { webhook } = dashboard.seeded.ids;
      const response = await page.evaluate(async (path) => {
        const { status, json } = await fetch(path, { method: 'POST' }).then(async (each) => ({
          status: each.status,
          json: await each.json(),
        }));
        return { status, detail: json.detail };
      }, `/v1/webhooks/${webhook}/suspend`);
      expect(response).toEqual({ status: 403, detail: 'Requires the scope webhooks:operate' });
    }));

  it('viewer does not find the menu items of admins', () =>
    as({ role: 'viewer' }, async (page) => {
      await open(page, `/tenants/${dashboard.seeded.ids.tenant}`);
      await button(page, 'More actions').click();
      await page.getByRole('menuitem', { name: 'View audit log' }).waitFor();
      expect(await page.getByRole('menuitem').allInnerTexts()).toEqual([
        'View audit log',
        'View usage by day',
      ]);
      await open(page, `/webhooks/${dashboard.seeded.ids.webhook}`);
      await button(page, 'More actions').click();
      await page.getByRole('menuitem', { name: 'View audit log' }).waitFor();
      expect(await page.getByRole('menuitem').allInnerTexts()).toEqual(['View audit log']);
    }));
});

describe('a new key', () => {
  it('gets a role, or permissions of its own', () =>
    dashboard.operator.run(async (page) => {
      await open(page, '/api-keys');
      await button(page, 'Create API key').click();
      const dialog = page.getByRole('dialog', { name: 'Create API key' });
      await dialog.getByRole('textbox', { name: 'Name' }).fill('on call');
      const role = dialog.getByRole('combobox', { name: 'Role' });
      await role.click();
      await page.getByRole('option', { name: 'Own permissions' }).click();
      await dialog.getByRole('checkbox', { name: 'View webhooks' }).waitFor();
      await role.click();
      await page.getByRole('option', { name: 'Operator' }).click();
      expect(await dialog.getByRole('checkbox').count()).toBe(0);
      const tenants = dialog.getByRole('combobox', { name: 'Tenants' });
      for (const name of ['Kestrel Bikes', 'default']) {
        await tenants.fill(name);
        await page.getByRole('option', { name, exact: true }).click();
      }
      await checkPage(page, 'api-keys-role');
      await button(page, 'Create key').click();
      await page.getByRole('dialog', { name: 'API key', exact: true }).getByText(/^phk_/).waitFor();
      const { body } = await dashboard.seeded.api.get('/v1/api-keys');
      const created = body.data.find(({ name }: { name: string }) => name === 'on call');
      expect(created).toMatchObject({ role: 'operator', tenantId: null });
      expect(created.tenantIds).toHaveLength(2);
      expect(created.tenantIds).toContain(dashboard.seeded.ids.tenant);
    }));
});

describe('a key that is limited to tenants', () => {
  let tenantIds: string[];
  beforeAll(async () => {
    const { id } = (await dashboard.seeded.api.get('/v1/tenants/default')).body;
    tenantIds = [id, dashboard.seeded.ids.tenant];
  });

  it('shows one of them at a time, and no others', () =>
    as({ role: 'admin', tenantIds }, async (page) => {
      await open(page, '/webhooks');
      const table = page.getByRole('table', { name: 'Webhooks' });
      const select = page
        .getByRole('navigation', { name: 'Pages' })
        .getByRole('combobox', { name: 'Tenant' });
      await select.click();
      await page.getByRole('option').first().waitFor();
      expect(await page.getByRole('option').allInnerTexts()).toEqual(['Kestrel Bikes', 'default']);
      await page.getByRole('option', { name: 'default' }).click();
      await table.getByText('Accounting').waitFor();
      await select.click();
      await page.getByRole('option', { name: 'Kestrel Bikes' }).click();
      await table.getByText('https://kestrel.example.com/hooks').waitFor();
      expect(await table.getByText('Accounting').count()).toBe(0);
      await page.getByRole('link', { name: 'Audit log' }).click();
      await page.getByRole('table', { name: 'Audit log' }).waitFor();
      expect(await page.getByRole('link', { name: 'Tenants' }).count()).toBe(0);
      await expectAccessible(page);
    }));

  it('names a changed tenant without a link to its page, which it does not see', () =>
    as({ role: 'admin', tenantIds }, async (page) => {
      const { tenant } = dashboard.seeded.ids;
      const { body } = await dashboard.seeded.api.get(`/v1/audit-entries?target=${tenant}&limit=1`);
      await open(page, `/audit?tenant=${tenant}&entry=${body.data[0].id}`);
      const drawer = page.getByRole('dialog');
      await drawer.getByText(tenant).first().waitFor();
      expect(await drawer.getByRole('link', { name: tenant }).count()).toBe(0);
    }));

  it('shows each page without errors', () =>
    as({ role: 'viewer', tenantIds }, async (page) => {
      for (const path of [
        '/',
        '/webhooks',
        '/events',
        '/deliveries',
        '/recoveries',
        '/event-types',
        '/api-keys',
        '/usage',
        '/erasures',
        '/audit',
      ]) {
        const failed: string[] = [];
        const note = (response: { status(): number; url(): string }) => {
          if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`);
        };
        page.on('response', note);
        await open(page, path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await expectAccessible(page);
        page.off('response', note);
        expect(failed).toEqual([]);
      }
    }));
});
