// What dialogs show and save: secrets that are shown once, settings of a tenant, and the selection of a tenant.
import { EventEmitter, once } from 'node:events';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from '@posthorn/database/connection';
import type { Locator, Page } from 'playwright-core';
import { dashboard } from './dashboard.js';
import { withNewUser } from './browser-user.js';
import { openPage } from './open-page.js';
import { signIn } from './sign-in.js';

const open = (page: Page, path: string) => openPage(page, dashboard.seeded.stack.apiUrl + path);

const button = (scope: Page | Locator, name: string) => scope.getByRole('button', { name, exact: true });

/** Saves a secret that is shown while no list can be loaded. */
async function saveSecret(page: Page, title: string): Promise<string> {
  const dialog = page.getByRole('dialog', { name: title, exact: true });
  const secret = await dialog.getByText(/^(phk|whsec)_/).innerText();
  await button(dialog, "I've saved it").click();
  await dialog.waitFor({ state: 'hidden' });
  return secret;
}

/** Runs a task during which no GET request of the API is answered. */
async function withoutReads(page: Page, task: () => Promise<void>): Promise<void> {
  const events = new EventEmitter().setMaxListeners(0);
  let isHeld = true;
  await page.route(/\/v1\//, async (route) => {
    if (isHeld && route.request().method() === 'GET') await once(events, 'release');
    await route.continue();
  });
  await task();
  isHeld = false;
  events.emit('release');
  await page.unrouteAll({ behavior: 'wait' });
}

async function rotateKey(page: Page, name: string): Promise<Locator> {
  await button(page, `Actions for ${name}`).click();
  await page.getByRole('menuitem', { name: 'Rotate key' }).click();
  return page.getByRole('dialog', { name: `Rotate ${name}?` });
}

/** Returns the labels of the options of a select. */
async function optionsOf(page: Page, select: Locator): Promise<string[]> {
  await select.click();
  await page.getByRole('option').first().waitFor();
  const labels = await page.getByRole('option').allInnerTexts();
  await select.press('Escape');
  return labels;
}

describe('a secret that is shown once', () => {
  it.each([
    {
      what: 'a new API key',
      path: '/api-keys',
      title: 'API key',
      prepare: async (page: Page) => {
        await button(page, 'Create API key').click();
        await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('dialogs');
      },
      submit: 'Create key',
    },
    {
      what: 'a rotated API key',
      path: '/api-keys',
      title: 'New API key',
      prepare: async (page: Page) => {
        await rotateKey(page, 'storefront');
      },
      submit: 'Rotate key',
    },
    {
      what: 'the key of a new tenant',
      path: '/tenants',
      title: 'API key for Dialogs',
      prepare: async (page: Page) => {
        await button(page, 'Create tenant').click();
        await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Dialogs');
      },
      submit: 'Create tenant',
    },
    {
      what: 'a rotated signing secret',
      path: '/webhooks/:webhook/settings',
      title: 'New signing secret',
      prepare: async (page: Page) => {
        await button(page, 'More actions').click();
        await page.getByRole('menuitem', { name: 'Rotate signing secret' }).click();
      },
      submit: 'Rotate secret',
    },
    {
      what: 'the signing secret of a new webhook',
      path: '/webhooks/new?tenant=:tenant',
      title: 'Signing secret',
      prepare: async (page: Page) => {
        await page.getByLabel('URL', { exact: true }).fill('https://dialogs.example.com/');
        const eventTypes = page.getByRole('combobox', { name: 'Event types' });
        await eventTypes.fill('invoice.*');
        await eventTypes.press('Enter');
      },
      submit: 'Create webhook',
    },
  ])('$what does not wait for other calls', ({ path, title, prepare, submit }) =>
    dashboard.operator.run(async (page) => {
      const { webhook, tenant } = dashboard.seeded.ids;
      await open(page, path.replace(':webhook', webhook).replace(':tenant', tenant));
      await prepare(page);
      await withoutReads(page, async () => {
        await button(page.getByRole('dialog').or(page.getByRole('main')).last(), submit).click();
        await page
          .getByRole('dialog', { name: title, exact: true })
          .getByText(/^(phk|whsec)_/)
          .waitFor();
      });
      await saveSecret(page, title);
    }),
  );

  it('of the key that the user is signed in with can be saved before the user is signed out', () =>
    withNewUser(dashboard.browser, async (page) => {
      const { api, stack } = dashboard.seeded;
      const { body } = await api.post('/v1/api-keys', { name: 'own', scopes: ['admin'] });
      await signIn(page, `${stack.apiUrl}/api-keys`, body.key);
      const dialog = await rotateKey(page, 'own');
      const overlap = dialog.getByRole('combobox', { name: 'Old key expires' });
      expect(await optionsOf(page, overlap)).toEqual(['In 1 hour', 'In 1 day', 'In 1 week']);
      await button(dialog, 'Rotate key').click();
      const key = await saveSecret(page, 'New API key');
      expect((await api.get('/v1/session', { authorization: `Bearer ${key}` })).status).toBe(200);
    }));
});

describe('the settings of a tenant', () => {
  it('are current when they are opened again, and only changed ones are saved', () =>
    dashboard.operator.run(async (page) => {
      const { api } = dashboard.seeded;
      const { body: tenant } = await api.post('/v1/tenants', { name: 'Settings' });
      const path = `/v1/tenants/${tenant.id}`;
      await open(page, '/tenants?search=Settings');
      const dialog = page.getByRole('dialog', { name: 'Settings of Settings' });
      const email = dialog.getByRole('textbox', { name: 'Contact email' });
      const openSettings = () => button(page, 'Edit settings of Settings').click();
      const save = async () => {
        await button(dialog, 'Save changes').click();
        await dialog.waitFor({ state: 'hidden' });
      };

      await openSettings();
      await email.fill('first@customer.example');
      await save();
      await openSettings();
      expect(await email.inputValue()).toBe('first@customer.example');

      await api.patch(path, { contactEmail: 'second@customer.example', quotas: { apiKeys: 7 } });
      await dialog.getByRole('textbox', { name: 'Webhooks' }).fill('9');
      await save();
      const { contactEmail, quotas } = (await api.get(path)).body;
      expect(contactEmail).toBe('second@customer.example');
      expect(quotas).toMatchObject({ webhooks: 9, apiKeys: 7 });
    }));
});

describe('the usage of a quota', () => {
  it('is current after a key was rotated or revoked', () =>
    dashboard.operator.run(async (page) => {
      const { api } = dashboard.seeded;
      const { body: tenant } = await api.post('/v1/tenants', { name: 'Quota' });
      await api.post('/v1/api-keys', { name: 'counted', tenantId: tenant.id, scopes: ['events:write'] });
      await open(page, `/api-keys?tenant=${tenant.id}`);
      await page.getByText(/^2 of .* active API keys/).waitFor();
      await button(await rotateKey(page, 'counted'), 'Rotate key').click();
      await saveSecret(page, 'New API key');
      await page.getByText(/^3 of .* active API keys/).waitFor();

      await button(page, 'Actions for counted').first().click();
      await page.getByRole('menuitem', { name: 'Revoke key' }).click();
      await page.getByRole('textbox', { name: 'Type counted to confirm' }).fill('counted');
      await button(page, 'Revoke key').click();
      await page.getByText(/^2 of .* active API keys/).waitFor();
    }));
});

describe('with more tenants than one call returns', () => {
  beforeAll(async () => {
    const { pool, stop } = connect({
      url: dashboard.seeded.stack.databaseUrl,
      applicationName: 'posthorn browser tests',
    });
    try {
      await pool.query(INSERT_TENANTS);
    } finally {
      await stop();
    }
  });

  it('each is found by its name, and shown as selected', () =>
    dashboard.operator.run(async (page) => {
      const select = async (scope: Locator) => {
        await tenantField(scope).fill('kestrel');
        await page.getByRole('option', { name: 'Kestrel Bikes' }).click();
        await seeKestrel(scope);
      };
      await open(page, '/webhooks/new');
      await select(page.getByRole('main'));
      await select(page.getByRole('navigation', { name: 'Pages' }));
      await page.waitForURL(`**/webhooks/new?tenant=${dashboard.seeded.ids.tenant}`);

      await open(page, `/api-keys?tenant=${dashboard.seeded.ids.tenant}`);
      await button(page, 'Create API key').click();
      await page.getByRole('dialog').getByText('Kestrel Bikes').waitFor();
    }));
});

function tenantField(scope: Locator): Locator {
  return scope.getByRole('combobox', { name: 'Tenant', exact: true });
}

function seeKestrel(scope: Locator): Promise<void> {
  return tenantField(scope).and(scope.locator('[value="Kestrel Bikes"]')).waitFor();
}

const INSERT_TENANTS = `
INSERT INTO tenant (id, name)
SELECT posthorn_uuidv7(), 'tenant ' || number FROM generate_series(1, 201) AS number`;

describe('data that is no JSON object', () => {
  it.each([
    ['Publish event', '/events', 'Publish event'],
    ['Send test event', `/webhooks/WEBHOOK`, 'Send test event'],
  ])('has a message when the field is left: %s', (name, path, submit) =>
    dashboard.operator.run(async (page) => {
      await open(page, path.replace('WEBHOOK', dashboard.seeded.ids.webhook));
      await button(page, name).first().click();
      const form = page.getByRole('dialog', { name });
      await form.getByRole('combobox', { name: 'Event type' }).fill('order.placed');
      const data = form.getByRole('textbox', { name: 'Data' });
      await data.fill('{"id": ');
      await data.blur();
      const message = form.getByText('Enter a JSON object, such as {"id": "in_1"}.');
      await message.waitFor();
      // It stays when the form is submitted, if that is possible.
      if (await button(form, submit).isEnabled()) await button(form, submit).click();
      await message.waitFor();
      await data.fill('{"id": "in_1"}');
      await data.blur();
      await message.waitFor({ state: 'detached' });
    }),
  );
});
