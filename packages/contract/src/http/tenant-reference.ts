import { z } from 'zod';
import { EXTERNAL_REFERENCE, parseExternalReference, unresolved } from './external-id.js';

/** In lists: all tenants. */
export const ALL_TENANTS = '*';

/** Parses an external id to an `ExternalReference`. Other references stay as they are. */
const reference = (others: string, message: string) =>
  z
    .string()
    .regex(new RegExp(`^(?:default|${others}ten_[0-9a-z]{26}|${EXTERNAL_REFERENCE})$`), message)
    .transform((text) => {
      const external = parseExternalReference('tenant', text);
      return external ? unresolved(external) : text;
    });

/** The tenant that a request names: `ten_…`, `ext:…` or `default`. Whether the tenant exists is checked later. */
export const tenantReference = reference('', 'must be a tenant id (ten_…), ext:… or "default"').meta({
  description: 'A tenant id, `ext:` and its external id, or `default`.',
});

/** The tenant of a list: `ten_…`, `ext:…`, `default`, or `*`. */
export const listedTenant = reference(
  String.raw`\*|`,
  'must be a tenant id (ten_…), ext:…, "default" or "*"',
).meta({
  description:
    'A tenant id, `ext:` and its external id, `default`, or `*` for all tenants, which requires a key for all tenants.',
});

/** The query of a call whose path names a webhook. */
export const webhookTenantQuery = z.strictObject({
  tenantId: tenantReference.optional().meta({
    description:
      'The tenant of a webhook that is named by its external id, for a key for all tenants. Default: `default`.',
  }),
});
