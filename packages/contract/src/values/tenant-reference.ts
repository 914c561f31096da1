import { z } from 'zod';
import { rule } from './rule.js';
import { EXTERNAL_REFERENCE, parseExternalReference, unresolved } from './external-id.js';

/** In lists: all tenants. */
export const ALL_TENANTS = '*';

/** Names the system scope: the webhooks of the operator, which receive the operational events of all tenants. */
export const SYSTEM_SCOPE = 'system';

/** Parses an external id to an `ExternalReference`. Other references stay as they are. */
const reference = (others: string, choices: string) => {
  // regexp-reviewed -- alternatives of limited length that begin differently, from the start
  const pattern = new RegExp(`^(?:default|${others}ten_[0-9a-z]{26}|${EXTERNAL_REFERENCE})$`);
  return z
    .string()
    .regex(pattern, rule('one_of', { choices }))
    .transform((text) => {
      const external = parseExternalReference('tenant', text);
      return external ? unresolved(external) : text;
    });
};

/** The tenant that a request names: `ten_…`, `ext:…` or `default`. Whether the tenant exists is checked later. */
export const tenantReference = reference('', 'ten_…, ext:…, default').meta({
  description: 'A tenant id, `ext:` and its external id, or `default`.',
});

/** The tenant of a webhook: like `tenantReference`, or `system`. */
export const webhookTenant = reference(`${SYSTEM_SCOPE}|`, 'ten_…, ext:…, default, system').meta({
  description:
    'A tenant id, `ext:` and its external id, or `default`; for a key for all tenants also `system`, the webhooks of the operator, ' +
    'which receive the operational events of all tenants.',
});

/** The tenant of a list: `ten_…`, `ext:…`, `default`, `system`, or `*`. */
export const listedTenant = reference(
  String.raw`${SYSTEM_SCOPE}|\*|`,
  'ten_…, ext:…, default, system, *',
).meta({
  description:
    'A tenant id, `ext:` and its external id, `default`, or, for a key for all tenants, `*` for all tenants or `system` for the ' +
    'webhooks of the operator.',
});

/** The query of a call whose path names a webhook. */
export const webhookTenantQuery = z.strictObject({
  tenantId: webhookTenant.optional().meta({
    description:
      'The tenant of a webhook that is named by its external id, for a key for all tenants. Default: `default`.',
  }),
});
