import type { ImportedWebhookResponse, ImportWebhookInput } from '@posthorn/contract';
import {
  base64Secret,
  type DeliveryFormat,
  type ImportedSecrets,
  newId,
  newSigningSecret,
  PosthornError,
  sealImportedSecrets,
} from '@posthorn/core';
import { assertSigned } from '@posthorn/database/webhooks';
import {
  changeWebhook,
  createWebhook,
  findImport,
  findWebhook,
  findWebhookId,
  type ImportOrigin,
  isImportDeletedByHand,
  type NewWebhook,
  type WebhookRecord,
} from '@posthorn/database/webhooks/prisma';
import { assertSeparateHeaders } from '../webhooks/auth-headers.js';
import { allowedPatterns } from '../webhooks/allowed-patterns.js';
import { assertAttestationAllowed } from '../webhooks/attestation.js';
import { countedIn } from '../calls/changes.js';
import { assertDecodes } from '../webhooks/decodable-secrets.js';
import { tenantRules } from '../requests/webhook-profile.js';
import { webhookTag } from '../webhooks/entity-tags.js';
import { setsHeaders } from '../webhooks/headers-approval.js';
import type { Caller } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { assertPreconditions, NO_PRECONDITIONS, type Preconditions } from '../http/preconditions.js';
import type { ImportDeps } from './deps.js';
import { digestsOf, sourceValues } from './import-values.js';
import { type Imported, planImport } from './plan-import.js';
import { ownSecretOf } from '../webhooks/own-secret.js';
import { webhookAuditTrail } from '../webhooks/webhook-audit-trail.js';
import { effectiveFormat, originOf } from '../requests/signed-request.js';
import { stopSending } from '../webhooks/stop-sending.js';
import { afterBarrier } from '../webhooks/wait-for-barrier.js';
import { requireWebhookTenant } from '../access/tenancy.js';
import { getsNoRequests, webhookNotFound } from '../webhooks/webhook-errors.js';
import { webhookResponse } from '../webhooks/webhook-responses.js';
import {
  allowedUrl,
  assertTokenUrl,
  changedFilter,
  DEFAULT_SETTINGS,
  storedSettings,
} from '../webhooks/webhook-settings.js';
import { throwTaken } from '../webhooks/webhooks.js';

export const importWebhook: Handler<'importWebhook', ImportDeps> = async (request, deps) => {
  try {
    return await importOnce(request, deps);
  } catch (error) {
    if (!(error instanceof PosthornError) || error.code !== 'conflict') throw error;
    // Another call may have created the webhook in the meantime. Then this one follows it.
    return importOnce(request, deps);
  }
};

const importOnce: Handler<'importWebhook', ImportDeps> = async (request, deps) => {
  const { caller, actor, preconditions, params, query, body } = request;
  if (body.attestReason !== undefined) assertAttestationAllowed(deps.attestationUntil);
  const tenantId = await requireWebhookTenant(deps.prisma, caller, body.tenantId ?? query.tenantId);
  const secrets = secretsOf(body);
  const rules = await tenantRules(tenantId, deps);
  assertTokenUrl(body.auth, rules);
  const values = sourceValues(body, {
    url: allowedUrl(body.url, rules),
    eventTypes: allowedPatterns(tenantId, body.eventTypes),
    secret: secrets?.current,
  });
  const externalId = params.id;
  const imported = { body, values, secrets, actor, externalId };
  const defaultFormat = (await effectiveFormat({ tenantId, deliveryFormat: null }, deps.prisma)) ?? {};
  const context = { caller, preconditions, defaultFormat, deps };
  const origin = { tenantId, importedFrom: body.source, importedId: externalId };
  const webhook = await findFollower(origin, deps);
  if (webhook) return { status: 200, ...(await follow(webhook, imported, context)) };
  assertPreconditions(preconditions, null);
  if (body.mode === 'sync' && (await isImportDeletedByHand(deps.prisma, origin)))
    return { status: 200, body: DELETED_BY_HAND };
  const fields = newWebhook(imported, tenantId, deps);
  assertSigns(fields, context);
  if (body.dryRun) {
    const attested = body.attestReason !== undefined && body.enabled;
    return { status: 200, body: { action: 'created', fields: [], attested, webhook: null } };
  }
  const trail = webhookAuditTrail(actor, 'webhook.created', deps.sealer);
  const created = await deps.change({ caller, ...countedIn(tenantId) }, (db) =>
    createWebhook(db, fields, trail).catch(throwTaken),
  );
  // A second transaction: a repeated import attests what a crash left out.
  const { headers, body: followed } = await follow(created, imported, {
    ...context,
    preconditions: NO_PRECONDITIONS,
  });
  return { status: 201, headers, body: { ...followed, action: 'created' } };
};

/**
 * Returns the webhook that follows this one of the source: the one that was imported as it, whose external id may have been changed by hand,
 * or one that has the id as its external id. Null if there is none.
 *
 * @throws PosthornError if the external id is that of a webhook that follows another one of the source
 */
async function findFollower(
  origin: ImportOrigin,
  { prisma }: Pick<ImportDeps, 'prisma'>,
): Promise<WebhookRecord | null> {
  const { tenantId, importedId: externalId } = origin;
  const id = await findWebhookId(prisma, { tenantId, externalId });
  const named = id === null ? null : await findWebhook(prisma, { id, tenantId });
  const isOfSource = named?.importedFrom === origin.importedFrom;
  if (named && isOfSource && named.importedId === origin.importedId) return named;
  const imported = await findImport(prisma, origin);
  if (imported) return imported;
  if (named && isOfSource)
    throw new PosthornError('conflict', {
      detail: `The external id is in use by a webhook that was imported as ${named.importedId}`,
    });
  return named;
}

const DELETED_BY_HAND: ImportedWebhookResponse = {
  action: 'unchanged',
  fields: [{ name: 'deleted', outcome: 'corrected' }],
  attested: false,
  webhook: null,
};

interface Context {
  caller: Caller;
  preconditions: Preconditions;
  /** The format of a webhook without its own. */
  defaultFormat: DeliveryFormat;
  deps: ImportDeps;
}

/** Lets a webhook follow the source. Its suspension is a barrier, as in a call to suspend it. */
async function follow(
  webhook: WebhookRecord,
  imported: Imported,
  context: Context,
): Promise<{ headers: { etag: string }; body: ImportedWebhookResponse }> {
  const { caller, deps } = context;
  const { sealer } = deps;
  const { body, actor } = imported;
  const planFor = (current: WebhookRecord, now: Date) => {
    assertPreconditions(context.preconditions, webhookTag(current, sealer));
    if (current.delivery === 'pull') throw getsNoRequests();
    const plan = planImport(current, imported, { sealer, now });
    assertSeparateHeaders({ ...current, ...plan.change?.settings }, sealer);
    const { deliveryFormat = current.deliveryFormat, secrets = current.secrets } = plan.change ?? {};
    if (deliveryFormat !== current.deliveryFormat || secrets !== current.secrets)
      assertSigns({ id: current.id, deliveryFormat, secrets }, context);
    return plan;
  };
  let plan = planFor(webhook, new Date());
  let after = webhook;
  if (plan.change !== null && !body.dryRun) {
    const target = { id: webhook.id, tenantId: webhook.tenantId };
    const trail = webhookAuditTrail(actor, 'webhook.updated', sealer);
    const decide = (current: WebhookRecord, now: Date) => {
      plan = planFor(current, now);
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
      : await afterBarrier(change(), deps);
  }
  return {
    headers: { etag: webhookTag(after, sealer) },
    body: {
      action: plan.change === null ? 'unchanged' : 'updated',
      fields: plan.fields,
      attested: plan.attests,
      webhook: await webhookResponse(after, caller, deps),
    },
  };
}

/** Returns the secrets of the source, which `webhookInputErrors` has checked. */
function secretsOf({ secrets: [current, ...previous] }: ImportWebhookInput): ImportedSecrets | null {
  const first = current && ownSecretOf(current);
  if (!first) return null;
  return {
    current: first,
    previous: previous.flatMap(({ endsAt, ...secret }) => {
      const opened = ownSecretOf(secret);
      return opened && endsAt ? [{ ...opened, endsAt }] : [];
    }),
  };
}

type Signing = Pick<WebhookRecord, 'id' | 'deliveryFormat' | 'secrets'>;

/** @throws PosthornError if a webhook cannot sign in its format */
function assertSigns(webhook: Signing, { defaultFormat, deps }: Context): void {
  assertSigned(webhook);
  assertDecodes(webhook.deliveryFormat ?? defaultFormat, webhook, deps.sealer);
}

function newWebhook(
  { body, values, secrets, externalId }: Imported,
  tenantId: string,
  { sealer, defaultQuotas }: Pick<ImportDeps, 'sealer' | 'defaultQuotas'>,
): NewWebhook {
  const id = newId();
  const now = new Date();
  const signing = secrets ?? { current: base64Secret(newSigningSecret()), previous: [] };
  return {
    id,
    tenantId,
    delivery: 'push',
    url: values.url,
    eventTypes: values.eventTypes,
    secrets: sealImportedSecrets(
      { id, secrets: [] },
      { ...signing, areOfSource: true, now, overlapEnd: now },
      sealer,
    ),
    ...DEFAULT_SETTINGS,
    ...storedSettings(id, { ...values, externalId }, sealer),
    headersApprovedOrigin: setsHeaders(body) ? originOf(values.url) : null,
    ...changedFilter(DEFAULT_SETTINGS, values.filter, now),
    importedFrom: body.source,
    importedId: externalId,
    importDigests: digestsOf(id, values, sealer),
    importRemovedAt: null,
    deliveryFormat: values.deliveryFormat,
    sentFromEpoch: body.shadow ? null : 0,
    defaultQuota: defaultQuotas.webhooks,
  };
}
