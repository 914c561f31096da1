import { encodeSortedCursor, WEBHOOK_SETTINGS } from '@posthorn/contract';
import {
  encodeId,
  type LifecycleCommand,
  shownSecret,
  newId,
  PosthornError,
  transition,
  type WebhookLifecycle,
  fieldError,
  reason,
} from '@posthorn/core';
import { isUniqueViolation } from '@posthorn/database/prisma-client';
import {
  type ChangedWebhook,
  changeWebhook,
  createWebhook as storeWebhook,
  findWebhook,
  findWebhookId,
  listWebhooks as readWebhooks,
  type WebhookChange,
  type WebhookRecord,
} from '@posthorn/database/webhooks/prisma';
import type { OutboundRules } from '@posthorn/outbound';
import { hasOpenNetworks, tenantRules } from '../requests/webhook-profile.js';
import { newCertificates } from '../certificates/set-certificates.js';
import { countedIn } from '../calls/changes.js';
import type { Handler } from '../calls/handler.js';
import { hasScope } from '../access/authenticate.js';
import { assertPreconditions } from '../http/preconditions.js';
import type { WebhookDeps } from './deps.js';
import { webhookTag } from './entity-tags.js';
import { changedApproval, setsHeaders } from './headers-approval.js';
import { newWebhookKeys } from './new-webhook-keys.js';
import { assertDecodable, assertDecodes } from './decodable-secrets.js';
import { effectiveFormat, originOf } from '../requests/signed-request.js';
import { assertMaySetShadow } from './shadow.js';
import { signaturesGuard } from './signatures-guard.js';
import { stopSending } from './stop-sending.js';
import { afterBarrier } from './wait-for-barrier.js';
import { webhookAuditTrail } from './webhook-audit-trail.js';
import { newWebhookResponse, webhookResponse, webhookResponses } from './webhook-responses.js';
import { listedTenant, requireWebhookTenant } from '../access/tenancy.js';
import { assertSeparateHeaders } from './auth-headers.js';
import { allowedPatterns } from './allowed-patterns.js';
import { destinationCommand, newDestination } from './destination.js';
import {
  allowedUrl,
  assertTokenUrl,
  changedFilter,
  DEFAULT_SETTINGS,
  storedSettings,
  WITHOUT_REQUESTS,
} from './webhook-settings.js';
import { invalidState, webhookNotFound } from './webhook-errors.js';

const wrongCursor = () =>
  new PosthornError('invalid_input', {
    errors: [fieldError('cursor', 'other_cursor')],
  });

const approvalForbidden = () =>
  new PosthornError('forbidden', { detail: 'Only a key with the scope admin may approve headers' });

export const createWebhook: Handler<'createWebhook', WebhookDeps> = async ({ caller, actor, body }, deps) => {
  const { prisma, sealer } = deps;
  assertMaySetShadow(caller, body.shadow);
  const tenantId = await requireWebhookTenant(prisma, caller, body.tenantId);
  const rules = await tenantRules(tenantId, deps);
  const destination = newDestination(body, rules);
  assertTokenUrl(body.auth, rules);
  const id = newId();
  const { secret, sealed } = newWebhookKeys(id, body, sealer);
  const fields = {
    id,
    tenantId,
    ...destination,
    eventTypes: allowedPatterns(tenantId, body.eventTypes),
    secrets: sealed,
    ...DEFAULT_SETTINGS,
    ...storedSettings(id, body, sealer),
    headersApprovedOrigin: setsHeaders(body) && hasScope(caller, 'admin') ? originOf(destination.url) : null,
    ...changedFilter(DEFAULT_SETTINGS, body.filter, new Date()),
    deliveryFormat: body.deliveryFormat ?? null,
    certificates: newCertificates(body, sealer),
    sentFromEpoch: body.shadow === true ? null : 0,
    defaultQuota: deps.defaultQuotas.webhooks,
  };
  const defaultFormat = (await effectiveFormat(fields, prisma)) ?? {};
  if (secret) assertDecodable(secret, defaultFormat);
  const trail = webhookAuditTrail(actor, 'webhook.created', sealer);
  const webhook = await deps.change({ caller, ...countedIn(tenantId) }, (db) =>
    storeWebhook(db, fields, trail).catch(throwTaken),
  );
  const created = newWebhookResponse(webhook, caller, { sealer, defaultFormat });
  return {
    status: 201,
    headers: { etag: webhookTag(webhook, deps.sealer) },
    body: { ...created, secret: secret && shownSecret(secret, created.effectiveDeliveryFormat) },
  };
};

export const listWebhooks: Handler<'listWebhooks', WebhookDeps> = async ({ caller, query }, deps) => {
  const tenantId = await listedTenant(deps.prisma, caller, query.tenantId);
  if ((query.importedFrom ?? query.imported) !== undefined && caller.tenantId !== null)
    throw new PosthornError('forbidden', {
      detail: 'Only a key for all tenants may use `importedFrom` and `imported`',
    });
  if (query.cursor && (query.cursor.rank !== null) !== (query.sort !== 'created')) throw wrongCursor();
  // Another order evaluates all webhooks.
  const db = query.sort === 'created' ? deps.prisma : deps.history;
  const { items, next } = await readWebhooks(db, { ...query, tenantId }, query);
  const data = await webhookResponses(items, caller, deps);
  return { status: 200, body: { data, nextCursor: next && encodeSortedCursor(next) } };
};

export const getWebhook: Handler<'getWebhook', WebhookDeps> = async ({ caller, params }, deps) => {
  const webhook = await findWebhook(deps.prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  const headers = { etag: webhookTag(webhook, deps.sealer) };
  return { status: 200, headers, body: await webhookResponse(webhook, caller, deps) };
};

/** Returns what the URLs of a webhook may be. */
async function rulesFor(id: string, deps: WebhookDeps): Promise<OutboundRules> {
  if (!hasOpenNetworks(deps.outbound)) return deps.outbound;
  const webhook = await findWebhook(deps.prisma, { id, tenantId: null });
  return webhook ? tenantRules(webhook.tenantId, deps) : deps.outbound;
}

export const updateWebhook: Handler<'updateWebhook', WebhookDeps> = async (
  { caller, actor, preconditions, params, body },
  deps,
) => {
  const rules = await rulesFor(params.id, deps);
  const url = body.url === undefined ? undefined : allowedUrl(body.url, rules);
  assertTokenUrl(body.auth, rules);
  const byAdmin = hasScope(caller, 'admin');
  if (body.headersApproved !== undefined && !byAdmin) throw approvalForbidden();
  assertMaySetShadow(caller, body.shadow);
  const assertSignatures = await signaturesGuard(caller, body.deliveryFormat, deps);
  const settings = storedSettings(params.id, body, deps.sealer);
  const certificates = newCertificates(body, deps.sealer);
  const target = { id: params.id, tenantId: caller.tenantId };
  const decide = (current: WebhookRecord, now: Date): WebhookChange => {
    assertSignatures(current);
    if (body.deliveryFormat) assertDecodes(body.deliveryFormat, current, deps.sealer);
    assertPreconditions(preconditions, webhookTag(current, deps.sealer));
    const moves = destinationCommand(current, { delivery: body.delivery, url }, body);
    const commands: LifecycleCommand[] = [
      ...(moves === null ? [] : [moves]),
      ...(body.shadow === undefined ? [] : [{ type: 'set_shadow', shadow: body.shadow } as const]),
    ];
    const next = commands.reduce<WebhookLifecycle>((webhook, command) => {
      const result = transition(webhook, command, now);
      if (!result.ok) throw invalidState(result.status);
      return result.next;
    }, current);
    assertSeparateHeaders({ ...current, ...settings }, deps.sealer);
    const headersApprovedOrigin = changedApproval(current, next, { ...body, byAdmin });
    return {
      settings: {
        ...settings,
        ...changedFilter(current, body.filter, now),
        headersApprovedOrigin,
        ...(next.delivery === 'pull' && WITHOUT_REQUESTS),
      },
      ...(commands.length > 0 && { lifecycle: next }),
      ...(body.eventTypes && { eventTypes: allowedPatterns(current.tenantId, body.eventTypes) }),
      ...(body.deliveryFormat !== undefined && { deliveryFormat: body.deliveryFormat }),
      certificates: next.delivery === 'pull' ? { client: null, ca: null } : certificates,
    };
  };
  const trail = webhookAuditTrail(actor, 'webhook.updated', deps.sealer);
  const change = async (): Promise<ChangedWebhook> => {
    const changed = await deps.change({ caller, resource: params.id }, (prisma) =>
      changeWebhook(prisma, target, decide, trail).catch(throwTaken),
    );
    if (!changed) throw webhookNotFound();
    return changed;
  };
  const { webhook } =
    body.shadow === true
      ? await stopSending({ target, change, dropReason: 'shadow' }, deps)
      : { webhook: await afterBarrier(change(), deps) };
  const headers = { etag: webhookTag(webhook, deps.sealer) };
  return { status: 200, headers, body: await webhookResponse(webhook, caller, deps) };
};

/** Calls that create, replace and delete the same webhook can come in between two steps. */
const MAX_PUT_ROUNDS = 3;

export const putWebhook: Handler<'putWebhook', WebhookDeps> = async (request, deps) => {
  const { caller, params, query, body } = request;
  const tenantId = await requireWebhookTenant(deps.prisma, caller, body.tenantId ?? query.tenantId);
  const externalId = params.id;
  const {
    secret: _secret,
    secretEncoding: _encoding,
    signingKey: _key,
    tenantId: _tenant,
    ...settings
  } = body;
  for (let round = 1; ; round += 1) {
    const id = await findWebhookId(deps.prisma, { tenantId, externalId });
    try {
      if (id !== null) {
        const replaced = { ...request, params: { id }, body: { ...ABSENT, ...settings } };
        const { body: webhook, ...response } = await updateWebhook(replaced, deps);
        return { ...response, body: { ...webhook, secret: null } };
      }
      assertPreconditions(request.preconditions, null);
      const created = { ...body, externalId, tenantId: encodeId('tenant', tenantId) };
      return await createWebhook({ ...request, params: undefined, query: undefined, body: created }, deps);
    } catch (error) {
      const isOvertaken =
        error instanceof PosthornError && error.code === (id === null ? 'conflict' : 'not_found');
      if (!isOvertaken || round === MAX_PUT_ROUNDS) throw error;
    }
  }
};

/** Resets every setting that a PUT sets. */
const ABSENT = {
  delivery: 'push' as const,
  ...Object.fromEntries(WEBHOOK_SETTINGS.replaced.map((name) => [name, null])),
};

/** @throws PosthornError instead of an error that says that the external id exists */
export function throwTaken(error: unknown): never {
  if (!isUniqueViolation(error)) throw error;
  throw new PosthornError('conflict', { reason: reason('webhook_exists') });
}
