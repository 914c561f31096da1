import {
  ed25519Keys,
  endEd25519Key,
  PosthornError,
  rotateEd25519Keys,
  type SealedSecret,
} from '@posthorn/core';
import { findWebhook } from '@posthorn/database/webhooks/prisma';
import type { WebhookDeps } from './deps.js';
import { end, rotate } from './change-secrets.js';
import type { Handler } from '../calls/handler.js';
import { ed25519KeyOf } from './own-secret.js';
import { serializePage } from '../http/page.js';
import { serializeSigningKey } from './signing-key.js';
import { webhookNotFound } from './webhook-errors.js';
import { liveSecretsPage } from './webhook-secrets.js';

export const createSigningKey: Handler<'createSigningKey', WebhookDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const next = ed25519KeyOf(body, 'privateKey');
  const webhook = await rotate(
    {
      target: { id: params.id, tenantId: caller.tenantId },
      actor,
      action: 'webhook.signing_key_created',
      overlapHours: body.overlapHours,
      rotated: (current, times) => rotateEd25519Keys(current, { next, ...times }, deps.sealer),
    },
    deps,
  );
  const [created] = ed25519Keys(webhook.secrets);
  if (!created) throw new Error('The created key is missing');
  return { status: 201, body: serializeSigningKey(created) };
};

export const listSigningKeys: Handler<'listSigningKeys', WebhookDeps> = async (
  { caller, params, query },
  { prisma },
) => {
  const webhook = await findWebhook(prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  const page = liveSecretsPage(ed25519Keys(webhook.secrets), query);
  return { status: 200, body: serializePage(page, serializeSigningKey) };
};

export const endSigningKey: Handler<'endSigningKey', WebhookDeps> = async (
  { caller, actor, params },
  deps,
) => {
  const remaining = (secrets: readonly SealedSecret[], now: Date) => {
    const kept = endEd25519Key(secrets, params.keyId, now);
    if (kept === 'not_found') throw keyNotFound();
    return kept;
  };
  const target = { id: params.id, tenantId: caller.tenantId };
  await end({ target, actor, action: 'webhook.signing_key_ended', remaining }, deps);
  return { status: 204, body: null };
};

const keyNotFound = () => new PosthornError('not_found', { detail: 'Signing key not found' });
