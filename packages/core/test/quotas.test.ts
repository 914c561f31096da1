import { expect, it } from '@jest/globals';
import { effectiveQuotas, type Quotas, type TenantQuotas } from '../src/index.js';

const DEFAULTS: Quotas = { webhooks: 10, apiKeys: 20, portalLinks: 30, eventsPerSecond: 40, eventBytes: 50 };
const NONE: TenantQuotas = {
  webhooks: null,
  apiKeys: null,
  portalLinks: null,
  eventsPerSecond: null,
  eventBytes: null,
};

it('each quota of a tenant replaces its default, also with more', () => {
  expect(effectiveQuotas(NONE, DEFAULTS)).toEqual(DEFAULTS);
  for (const name of Object.keys(DEFAULTS))
    expect(effectiveQuotas({ ...NONE, [name]: 99 }, DEFAULTS)).toEqual({ ...DEFAULTS, [name]: 99 });
});
