import type { ImportedWebhookResponse, ImportWebhookInput } from '@posthorn/contract';
import {
  base64Secret,
  type ImportedSecrets,
  newId,
  newSigningSecret,
  PosthornError,
  sealImportedSecrets,
} from '@posthorn/core';
import {
  assertSigned,
  changeWebhook,
  createWebhook,
  findWebhook,
  findWebhookId,
  isImportDeleted,
  type NewWebhook,
  type WebhookRecord,
} from '@posthorn/database/prisma';
import { allowedPatterns } from '../allowed-patterns.js';
import { assertAttestationAllowed } from '../attestation.js';
import { countedIn } from '../changes.js';
import type { ApiDeps } from '../deps.js';
import { setsHeaders } from '../headers-approval.js';
import type { Caller } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { digestsOf, sourceValues } from '../import/import-values.js';
import { type Imported, planImport } from '../import/plan-import.js';
import { ownSecretOf } from '../own-secret.js';
import { webhookAuditTrail } from '../serializers/webhook-audit-trail.js';
import { originOf } from '../signed-request.js';
import { stopSending } from '../stop-sending.js';
import { requireWebhookTenant } from '../tenancy.js';
import { webhookNotFound } from '../webhook-errors.js';
import { webhookResponse } from '../webhook-responses.js';
import { allowedUrl, changedFilter, DEFAULT_SETTINGS, storedSettings } from '../webhook-settings.js';
import { throwTaken } from './webhooks.js';

export const importWebhook: Handler<'importWebhook'> = async (request, deps) => {
  const { caller, actor, params, query, body } = request;
  if (body.attestReason !== undefined) assertAttestationAllowed(deps.attestationUntil);
  const tenantId = await requireWebhookTenant(deps.prisma, caller, body.tenantId ?? query.tenantId);
  const secrets = secretsOf(body);
  const values = sourceValues(body, {
    url: allowedUrl(body.url, deps.outbound),
    eventTypes: allowedPatterns(tenantId, body.eventTypes),
    secret: secrets?.current,
  });
  const externalId = params.id;
  const imported = { body, values, secrets, actor, externalId };
  const id = await findWebhookId(deps.prisma, { tenantId, externalId });
  const webhook = id === null ? null : await findWebhook(deps.prisma, { id, tenantId });
  if (webhook) return { status: 200, body: await follow(webhook, imported, { caller, deps }) };
  const origin = { tenantId, importedFrom: body.source, importedId: externalId };
  if (body.mode === 'sync' && (await isImportDeleted(deps.prisma, origin)))
    return { status: 200, body: DELETED_BY_HAND };
  const fields = newWebhook(imported, tenantId, deps);
  if (body.dryRun) {
    assertSigned(fields);
    const attested = body.attestReason !== undefined && body.enabled;
    return { status: 200, body: { action: 'created', fields: [], attested, webhook: null } };
  }
  const trail = webhookAuditTrail(actor, 'webhook.created', deps.sealer);
  const created = await deps.change({ caller, ...countedIn(tenantId) }, (db) =>
    createWebhook(db, fields, trail).catch(throwTaken),
  );
  // A second transaction: a repeated import attests what a crash left out.
  return { status: 201, body: { ...(await follow(created, imported, { caller, deps })), action: 'created' } };
};

const DELETED_BY_HAND: ImportedWebhookResponse = {
  action: 'unchanged',
  fields: [{ name: 'deleted', outcome: 'corrected' }],
  attested: false,
  webhook: null,
};

interface Context {
  caller: Caller;
  deps: ApiDeps;
}

/** Lets a webhook follow the source. Its suspension is a barrier, as in a call to suspend it. */
async function follow(
  webhook: WebhookRecord,
  imported: Imported,
  { caller, deps }: Context,
): Promise<ImportedWebhookResponse> {
  const { sealer } = deps;
  const { body, actor } = imported;
  let plan = planImport(webhook, imported, { sealer, now: new Date() });
  let after = webhook;
  if (plan.change !== null && !body.dryRun) {
    const target = { id: webhook.id, tenantId: webhook.tenantId };
    const trail = webhookAuditTrail(actor, 'webhook.updated', sealer);
    const decide = (current: WebhookRecord, now: Date) => {
      plan = planImport(current, imported, { sealer, now });
      return plan.change ?? {};
    };
    const change = async () => {
      const changed = await deps.change({ caller, resource: target.id }, (db) =>
        changeWebhook(db, target, decide, trail),
      );
      if (!changed) throw webhookNotFound();
      return changed;
    };
    const maySuspend = body.suspend && !body.enabled;
    after = maySuspend
      ? (await stopSending({ target, change, dropReason: 'suspended' }, deps)).webhook
      : await change();
  }
  return {
    action: plan.change === null ? 'unchanged' : 'updated',
    fields: plan.fields,
    attested: plan.attests,
    webhook: await webhookResponse(after, caller, deps),
  };
}

/** @throws PosthornError if a secret is invalid */
function secretsOf({ secrets: [current, ...previous] }: ImportWebhookInput): ImportedSecrets | null {
  if (current === undefined) return null;
  const opened = [current, ...previous].map((secret, index) => {
    try {
      return ownSecretOf(secret);
    } catch (error) {
      throw atPath(`secrets[${index}]`, error);
    }
  });
  const [first, ...others] = opened.flatMap((secret) => secret ?? []);
  if (first === undefined) return null;
  return {
    current: first,
    previous: others.flatMap((secret, index) => {
      const endsAt = previous[index]?.endsAt;
      return endsAt ? [{ ...secret, endsAt }] : [];
    }),
  };
}

/** Returns the error of a part of the body with the path of that part. */
function atPath(path: string, error: unknown): unknown {
  if (!(error instanceof PosthornError) || error.errors === undefined) return error;
  const errors = error.errors.map((field) => ({ ...field, path: `${path}.${field.path}` }));
  return new PosthornError(error.code, { errors, cause: error });
}

function newWebhook(
  { body, values, secrets, externalId }: Imported,
  tenantId: string,
  { sealer, defaultQuotas }: ApiDeps,
): NewWebhook {
  const id = newId();
  const now = new Date();
  const signing = secrets ?? { current: base64Secret(newSigningSecret()), previous: [] };
  return {
    id,
    tenantId,
    url: values.url,
    eventTypes: values.eventTypes,
    secrets: sealImportedSecrets({ id, secrets: [] }, { ...signing, now, overlapEnd: now }, sealer),
    ...DEFAULT_SETTINGS,
    ...storedSettings(id, { ...values, externalId }, sealer),
    headersApprovedOrigin: setsHeaders(body) ? originOf(values.url) : null,
    ...changedFilter(DEFAULT_SETTINGS, values.filter, now),
    importedFrom: body.source,
    importedId: externalId,
    importDigests: digestsOf(id, values, sealer),
    deliveryFormat: values.deliveryFormat,
    sentFromEpoch: body.shadow ? null : 0,
    defaultQuota: defaultQuotas.webhooks,
  };
}
