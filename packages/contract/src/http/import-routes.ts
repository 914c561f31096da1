import { z } from 'zod';
import { tenantParams } from './account-routes.js';
import { externalReference } from './external-id.js';
import type { RouteDefinition } from './route.js';
import { webhookTenantQuery } from './tenant-reference.js';
import { endedShadows, importedWebhook, importWebhookBody } from './webhook-import.js';

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
  endShadows: {
    ...migration,
    tag: 'Tenants',
    method: 'post',
    path: '/v1/tenants/:id/end-shadows',
    summary: 'End all shadows of a tenant',
    description:
      'For a migration: ends each shadow of the tenant, as `shadow: false` does. Each webhook changes in one transaction; only ' +
      'events published after it are sent to it. If the call fails midway, repeat it.',
    params: tenantParams,
    responses: { 200: { description: 'How many shadows have ended.', body: endedShadows } },
  },
} as const satisfies Record<string, RouteDefinition>;
