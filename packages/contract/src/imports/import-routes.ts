import { z } from 'zod';
import { tenantParams } from '../tenants/account-routes.js';
import { externalReference } from '../values/external-id.js';
import { idParams } from '../values/ids.js';
import { endShadowsBody, putRefusedImportsBody, refusedImports } from './refused-import.js';
import type { RouteDefinition } from '../routes/route.js';
import { webhookTenantQuery } from '../values/tenant-reference.js';
import {
  endedShadows,
  importedWebhook,
  importWebhookBody,
  removedImport,
  removeImportBody,
} from './webhook-import.js';

const migration = { scope: 'admin', tenancy: 'all' } as const;

export const importRoutes = {
  importWebhook: {
    ...migration,
    tag: 'Webhooks',
    hasEntityTag: true,
    method: 'put',
    path: '/v1/webhooks/:id/import',
    summary: 'Import a webhook from another system',
    description:
      'For a migration: creates a webhook with the external id of the path, `ext:…`, or lets the one that has it follow the source. ' +
      'Posthorn remembers digests of what was imported last, so that it can distinguish changes in the source from those made by ' +
      'hand. All changes of a webhook are made in one transaction, and a repeated call has no further effect.',
    params: z.strictObject({ id: externalReference }),
    query: webhookTenantQuery,
    body: importWebhookBody,
    responses: {
      200: { description: 'What the import did.', body: importedWebhook },
      201: {
        description: 'The webhook was created.',
        location: '/v1/webhooks/{webhook.id}',
        body: importedWebhook,
      },
    },
    errors: ['url_not_allowed', 'quota_exceeded', 'conflict', 'invalid_state', 'attestation_not_allowed'],
  },
  removeImport: {
    ...migration,
    tag: 'Webhooks',
    method: 'post',
    path: '/v1/webhooks/:id/import/remove',
    summary: 'Remove a webhook that its source does not have any more',
    description:
      'For a migration: suspends the webhook first. A later call with `delete` deletes it, unless it was reactivated by hand ' +
      'in the meantime. When an import finds it in the source again, it is reactivated, or created again: it does not count as ' +
      'deleted by hand. 409 `invalid_state` if it was imported from another source.',
    params: idParams('webhook'),
    query: webhookTenantQuery,
    body: removeImportBody,
    responses: {
      200: { description: 'What happened to the webhook.', body: removedImport },
    },
    errors: ['invalid_state'],
  },
  endShadows: {
    ...migration,
    tag: 'Tenants',
    method: 'post',
    path: '/v1/tenants/:id/end-shadows',
    summary: 'End all shadows of a tenant',
    description:
      'For a migration: ends each shadow of the tenant, as `shadow: false` does. Each webhook changes in one transaction; only ' +
      'events published after it are sent to it. If the call fails midway, repeat it. 409 `invalid_state` while webhooks of the ' +
      'other system that the import has refused do not exist, unless `acceptRefused` is true.',
    params: tenantParams,
    body: endShadowsBody,
    bodyOptional: true,
    responses: { 200: { description: 'How many shadows have ended.', body: endedShadows } },
    errors: ['invalid_state'],
  },
  listRefusedImports: {
    ...migration,
    scope: 'admin:read',
    tag: 'Tenants',
    method: 'get',
    path: '/v1/tenants/:id/refused-imports',
    summary: 'List the webhooks that an import has refused',
    description:
      'Returns the webhooks of other systems that the last import of each could not bring, and that do not exist: create a webhook ' +
      'with the external id, or change it in the other system and import it again.',
    params: tenantParams,
    responses: { 200: { description: 'The refused webhooks.', body: refusedImports } },
  },
  putRefusedImports: {
    ...migration,
    tag: 'Tenants',
    method: 'put',
    path: '/v1/tenants/:id/refused-imports',
    summary: 'Replace the webhooks that an import has refused',
    description: 'For an import: replaces what the last import from the same source has refused of a tenant.',
    params: tenantParams,
    body: putRefusedImportsBody,
    responses: { 200: { description: 'The refused webhooks.', body: refusedImports } },
  },
} as const satisfies Record<string, RouteDefinition>;
