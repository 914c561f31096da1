import { setTimeout as sleep } from 'node:timers/promises';
import type { SigningSecretResponse } from '@posthorn/contract';
import {
  base64Secret,
  encodeId,
  endSecret as withoutSecret,
  idTimeMs,
  liveSecrets,
  newSigningSecret,
  PosthornError,
  onlySecrets,
  rotateSecrets,
  type SealedSecret,
  shownSecret,
} from '@posthorn/core';
import {
  changeWebhook,
  findWebhook,
  type Page,
  type PageRequest,
  type WebhookChange,
  type WebhookRecord,
} from '@posthorn/database/prisma';
import type { Handler } from '../http/handler.js';
import { ownSecretOf } from '../own-secret.js';
import { effectiveFormat } from '../signed-request.js';
import { serializePage } from '../serializers/page.js';
import { webhookAuditTrail } from '../serializers/webhook-audit-trail.js';
import { webhookNotFound } from './webhooks.js';

const HOUR_MS = 3_600_000;

export const rotateSecret: Handler<'rotateSecret'> = async ({ caller, actor, params, body }, deps) => {
  const secret = ownSecretOf(body) ?? base64Secret(newSigningSecret());
  const target = { id: params.id, tenantId: caller.tenantId };
  let endsOthers = false;
  const decide = (current: WebhookRecord, now: Date): WebhookChange => {
    const overlapEnd = new Date(now.getTime() + body.overlapHours * HOUR_MS);
    const secrets = rotateSecrets(current, { next: secret, overlapEnd, now }, deps.sealer);
    endsOthers = secrets.length <= liveSecrets(current.secrets, now).length;
    return { secrets };
  };
  const trail = webhookAuditTrail(actor, 'webhook.secret_rotated', deps.sealer);
  const webhook = await deps.change({ caller, resource: params.id }, (prisma) =>
    changeWebhook(prisma, target, decide, trail),
  );
  if (!webhook) throw webhookNotFound();
  if (endsOthers) await sleep(deps.barrierMs);
  const format = (await effectiveFormat(webhook, deps.prisma)) ?? {};
  return { status: 200, body: { secret: shownSecret(secret, format) } };
};

export const listSecrets: Handler<'listSecrets'> = async ({ caller, params, query }, { prisma }) => {
  const webhook = await findWebhook(prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  return {
    status: 200,
    body: serializePage(liveSecretsPage(onlySecrets(webhook.secrets), query), serializeSecret),
  };
};

/** Returns a page of those secrets that are valid. */
export function liveSecretsPage<Secret extends SealedSecret>(
  secrets: readonly Secret[],
  { cursor, limit }: PageRequest,
): Page<Secret> {
  const rest = liveSecrets(secrets, new Date()).filter(({ id }) => cursor === undefined || id < cursor);
  const items = rest.slice(0, limit);
  return { items, next: rest.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/**
 * Ends a secret, then waits for `barrierMs`: a worker may have read the webhook just before. It also waits after an error, since the
 * call may repeat an earlier one whose response was lost.
 */
export const endSecret: Handler<'endSecret'> = async ({ caller, actor, params }, deps) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const decide = (current: WebhookRecord, now: Date): WebhookChange => {
    const secrets = withoutSecret(current.secrets, params.secretId, now);
    if (secrets === 'not_found') throw secretNotFound();
    if (secrets === 'last_secret') throw lastSecret();
    return { secrets };
  };
  const trail = webhookAuditTrail(actor, 'webhook.secret_ended', deps.sealer);
  const changed = deps.change({ caller, resource: params.id }, (prisma) =>
    changeWebhook(prisma, target, decide, trail),
  );
  await Promise.allSettled([changed]);
  await sleep(deps.barrierMs);
  if (!(await changed)) throw webhookNotFound();
  return { status: 204, body: null };
};

const secretNotFound = () => new PosthornError('not_found', { detail: 'Signing secret not found' });

const lastSecret = () =>
  new PosthornError('invalid_state', {
    detail:
      'A webhook needs a signing secret. Rotate it, with an overlap of 0 hours, to replace the only one.',
  });

function serializeSecret({ id, expiresAt }: SealedSecret): SigningSecretResponse {
  return {
    id: encodeId('signingSecret', id),
    createdAt: new Date(idTimeMs(id)).toISOString(),
    endsAt: expiresAt,
  };
}
