import { z } from 'zod';
import { role } from './api-key.js';
import { apiId, apiIdOfAny, idParams } from '../values/ids.js';
import { pageOf, pageQuery, timestamp } from '../values/lists.js';
import { grantedFeatures, portalFeatures, portalSettings } from './portal-settings.js';
import type { RouteDefinition } from '../routes/route.js';
import { listedTenant, tenantReference } from '../values/tenant-reference.js';

const id = apiId('apiKey').meta({ description: 'Names the link in lists and in the audit log.' });

const portalLink = z
  .strictObject({
    id,
    url: z.string().meta({
      description:
        'The link to the portal. Anyone with this link has the access it grants, so give it only to its user.',
      example: 'https://hooks.example/portal?link=key_…#token=php_…',
    }),
    expiresAt: timestamp,
  })
  .meta({ id: 'PortalLink' });

const listedLink = z
  .strictObject({
    id,
    tenantId: apiId('tenant'),
    createdBy: apiIdOfAny('apiKey', 'person').nullable().meta({
      description:
        'The API key or person that created the link. Null for a key of the operator, when read with a key of a tenant.',
    }),
    role,
    features: grantedFeatures,
    createdAt: timestamp,
    expiresAt: timestamp,
    revokedAt: timestamp.nullable(),
  })
  .meta({ id: 'ListedPortalLink' });

export type ListedPortalLinkResponse = z.input<typeof listedLink>;

const portal = { tag: 'Portal', scope: 'admin', tenancy: 'own' } as const;

export const portalRoutes = {
  listPortalLinks: {
    ...portal,
    scope: 'admin:read',
    method: 'get',
    path: '/v1/portal-links',
    summary: 'List portal links',
    description:
      'Returns portal links, newest first, including expired and revoked ones for 7 days. Their tokens are not returned. Without ' +
      '`tenantId`, a key for all tenants lists every link.',
    query: z.strictObject({ ...pageQuery, tenantId: listedTenant.optional() }),
    responses: {
      200: { description: 'A page of portal links.', body: pageOf(listedLink, 'PortalLinkPage') },
    },
    errors: ['not_found'],
  },
  revokePortalLink: {
    ...portal,
    method: 'delete',
    path: '/v1/portal-links/:id',
    summary: 'Revoke a portal link',
    description:
      'Revokes the link immediately. It remains in the list, with `revokedAt` set, until 7 days after it expires.',
    params: idParams('apiKey'),
    responses: { 204: { description: 'The link is revoked.', body: null } },
  },
  createPortalLink: {
    ...portal,
    method: 'post',
    path: '/v1/portal-links',
    summary: 'Create a portal link',
    description:
      'Creates a link to the portal, where a customer manages the webhooks of one tenant. The portal opens as a page or in an ' +
      'iframe of a page of `parentOrigins`. The link can read and change webhooks, read events, and retry and replay deliveries ' +
      'of this tenant, as far as `features` allows it. It expires after `expiresInMinutes`, or earlier with the key or session that created ' +
      'it; a link of a person ends at the latest 12 hours after the identity provider last confirmed them. Links begin with `POSTHORN_PUBLIC_URL`. Without it they are created only for requests to localhost, and others ' +
      'return 409 `invalid_state`.',
    body: z
      .strictObject({
        tenantId: tenantReference,
        expiresInMinutes: z
          .int()
          .min(5)
          .max(1440)
          .default(60)
          .meta({ description: 'How long the link is valid, in minutes.' }),
        role: role.default('admin').meta({
          description:
            'What the link allows, as far as `features` do: a `viewer` changes nothing, an `operator` also retries, suspends and tests, ' +
            'an `admin` also changes webhooks. It never has the scopes `admin` and `admin:read`.',
        }),
        features: portalFeatures.default(portalFeatures.parse({})),
        ...portalSettings,
      })
      .meta({ id: 'CreatePortalLink' }),
    responses: {
      201: {
        description:
          'The portal link. Its URL is returned only in this response; read the rest in the list of links.',
        body: portalLink,
      },
    },
    errors: ['not_found', 'invalid_state', 'quota_exceeded'],
  },
} as const satisfies Record<string, RouteDefinition>;
