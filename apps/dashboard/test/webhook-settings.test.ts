import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Plugin, runnerImport } from 'vite';
import type { Webhook } from '../src/api/types.js';
import { TENANT_SETTINGS } from '../src/generated/settings.js';
import { COLUMN_SETTINGS, SETTING_ROWS } from '../src/pages/webhooks/column-settings.js';
import { webhookFormErrors } from '../src/pages/webhooks/form/webhook-form-errors.js';
import {
  newWebhookValues,
  toFormValues,
  toRequestBody,
} from '../src/pages/webhooks/form/webhook-form-values.js';
import { valueOf } from './setting-value.js';
import type * as Pages from './webhook-settings-pages.js';
import { ApiProblem } from '../src/problems/problem.js';

const webhook = {
  delivery: 'push',
  url: 'https://example.com/hooks',
  pendingUrl: null,
  eventTypes: ['*'],
  headerNames: [],
  auth: null,
  filter: null,
  deliveryFormat: null,
  effectiveDeliveryFormat: {},
  rateLimit: null,
  numbered: true,
  ...Object.fromEntries(COLUMN_SETTINGS.map((name) => [name, valueOf(SETTING_ROWS[name])])),
} as unknown as Webhook;

const withoutStyles: Plugin = {
  name: 'without-styles',
  enforce: 'pre',
  resolveId: (id) => (id.endsWith('.css') ? '\0styles' : null),
  load: (id) => (id === '\0styles' ? 'export default {}' : null),
};

// Tests cannot import JSX.
const { module: pages } = await runnerImport<typeof Pages>(
  path.join(import.meta.dirname, 'webhook-settings-pages.tsx'),
  {
    configFile: false,
    define: { 'window.location.origin': '"http://localhost"' },
    logLevel: 'error',
    plugins: [withoutStyles],
  },
);

const DETAILS = pages.renderDetails(webhook);
const FORMS = pages.renderForm(webhook) + pages.renderForm({ ...webhook, ordering: 'none' });

describe.each(COLUMN_SETTINGS)('the setting %s', (name) => {
  it('is sent as it was read', () => {
    expect(toRequestBody(toFormValues(webhook))).toHaveProperty(name, valueOf(SETTING_ROWS[name]));
  });

  it('shows its errors', () => {
    const problem = new ApiProblem({
      title: 'no',
      status: 422,
      code: 'invalid_input',
      errors: [{ path: name, message: 'is bad' }],
    });
    expect(webhookFormErrors(problem, newWebhookValues())).toEqual({
      fields: { [name]: 'is bad' },
      rest: [],
    });
  });

  it('is in the form', () => {
    // The basic fields have it.
    if (name !== 'description') expect(FORMS).toContain(`>${SETTING_ROWS[name].label}<`);
  });

  it('is in the details', () => {
    const label = name === 'sequence' ? 'Numbered deliveries' : SETTING_ROWS[name].label;
    expect(DETAILS).toMatch(new RegExp(`<dt>${label}</dt><dd>.`));
  });
});

it('the input of a choice shows the label of its value, and can be cleared if the default is null', () => {
  const [locale, ordering] = [TENANT_SETTINGS.locale, SETTING_ROWS.ordering].map((row) =>
    pages.renderInput(row, String(valueOf(row))),
  );
  expect(locale).toContain('value="German"');
  expect(locale).toContain('<button');
  expect(ordering).toContain('value="One after the other"');
  expect(ordering).not.toContain('<button');
});
