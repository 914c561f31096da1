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
  reason,
} from '@posthorn/core';
import type { Page, PageRequest } from '@posthorn/database/prisma-client';
import { findWebhook } from '@posthorn/database/webhooks/prisma';
import type { WebhookDeps } from './deps.js';
import { assertDecodable } from './decodable-secrets.js';
import { end, rotate } from './change-secrets.js';
import type { Handler } from '../calls/handler.js';
import { ownSecretOf } from './own-secret.js';
import { effectiveFormat } from '../requests/signed-request.js';
import { serializePage } from '../http/page.js';
import { webhookNotFound } from './webhook-errors.js';

export const rotateSecret: Handler<'rotateSecret', WebhookDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const secret = ownSecretOf(body) ?? base64Secret(newSigningSecret());
  const webhook = await findWebhook(deps.prisma, target);
  if (!webhook) throw webhookNotFound();
  // Read before the change: the only response with the secret must not fail after it.
  const format = (await effectiveFormat(webhook, deps.prisma)) ?? {};
  assertDecodable(secret, format);
  await rotate(
    {
      target,
      actor,
      action: 'webhook.secret_rotated',
      overlapHours: body.overlapHours,
      rotated: (current, times) => rotateSecrets(current, { next: secret, ...times }, deps.sealer),
    },
    deps,
  );
  return { status: 200, body: { secret: shownSecret(secret, format) } };
};

export const listSecrets: Handler<'listSecrets', WebhookDeps> = async (
  { caller, params, query },
  { prisma },
) => {
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

export const endSecret: Handler<'endSecret', WebhookDeps> = async ({ caller, actor, params }, deps) => {
  const remaining = (secrets: readonly SealedSecret[], now: Date) => {
    const kept = withoutSecret(secrets, params.secretId, now);
    if (kept === 'not_found') throw secretNotFound();
    if (kept === 'last_secret') throw lastSecret();
    return kept;
  };
  const target = { id: params.id, tenantId: caller.tenantId };
  await end({ target, actor, action: 'webhook.secret_ended', remaining }, deps);
  return { status: 204, body: null };
};

const secretNotFound = () => new PosthornError('not_found', { detail: 'Signing secret not found' });

const lastSecret = () =>
  new PosthornError('invalid_state', {
    reason: reason('last_secret'),
  });

function serializeSecret({ id, expiresAt }: SealedSecret): SigningSecretResponse {
  return {
    id: encodeId('signingSecret', id),
    createdAt: new Date(idTimeMs(id)).toISOString(),
    endsAt: expiresAt,
  };
}
