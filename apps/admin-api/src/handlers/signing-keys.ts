import { setTimeout as sleep } from 'node:timers/promises';
import {
  ed25519Keys,
  endEd25519Key,
  liveSecrets,
  newEd25519KeyPair,
  ownEd25519KeyPair,
  PosthornError,
  rotateEd25519Keys,
} from '@posthorn/core';
import {
  changeWebhook,
  findWebhook,
  type WebhookChange,
  type WebhookRecord,
} from '@posthorn/database/prisma';
import type { Handler } from '../http/handler.js';
import { serializePage } from '../serializers/page.js';
import { serializeSigningKey } from '../serializers/signing-key.js';
import { webhookAuditTrail } from '../serializers/webhook-audit-trail.js';
import { liveSecretsPage } from './webhook-secrets.js';
import { webhookNotFound } from './webhooks.js';

const HOUR_MS = 3_600_000;

export const createSigningKey: Handler<'createSigningKey'> = async (
  { caller, actor, params, body },
  deps,
) => {
  const next = body.privateKey === undefined ? newEd25519KeyPair() : ownEd25519KeyPair(body.privateKey);
  if (!next) throw invalidPrivateKey();
  const target = { id: params.id, tenantId: caller.tenantId };
  let endsOthers = false;
  const decide = (current: WebhookRecord, now: Date): WebhookChange => {
    const overlapEnd = new Date(now.getTime() + body.overlapHours * HOUR_MS);
    const secrets = rotateEd25519Keys(current, { next, overlapEnd, now }, deps.sealer);
    endsOthers = secrets.length <= liveSecrets(current.secrets, now).length;
    return { secrets };
  };
  const trail = webhookAuditTrail(actor, 'webhook.signing_key_created', deps.sealer);
  const webhook = await deps.change({ caller, resource: params.id }, (prisma) =>
    changeWebhook(prisma, target, decide, trail),
  );
  if (!webhook) throw webhookNotFound();
  if (endsOthers) await sleep(deps.barrierMs);
  const [created] = ed25519Keys(webhook.secrets);
  if (!created) throw new Error('The created key is missing');
  return { status: 201, body: serializeSigningKey(created) };
};

export const listSigningKeys: Handler<'listSigningKeys'> = async ({ caller, params, query }, { prisma }) => {
  const webhook = await findWebhook(prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  const page = liveSecretsPage(ed25519Keys(webhook.secrets), query);
  return { status: 200, body: serializePage(page, serializeSigningKey) };
};

/** As `endSecret`. */
export const endSigningKey: Handler<'endSigningKey'> = async ({ caller, actor, params }, deps) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const decide = (current: WebhookRecord, now: Date): WebhookChange => {
    const secrets = endEd25519Key(current.secrets, params.keyId, now);
    if (secrets === 'not_found') throw keyNotFound();
    return { secrets };
  };
  const trail = webhookAuditTrail(actor, 'webhook.signing_key_ended', deps.sealer);
  const changed = deps.change({ caller, resource: params.id }, (prisma) =>
    changeWebhook(prisma, target, decide, trail),
  );
  await Promise.allSettled([changed]);
  await sleep(deps.barrierMs);
  if (!(await changed)) throw webhookNotFound();
  return { status: 204, body: null };
};

const keyNotFound = () => new PosthornError('not_found', { detail: 'Signing key not found' });

const invalidPrivateKey = () =>
  new PosthornError('invalid_input', {
    errors: [
      {
        path: 'privateKey',
        message: 'must be whsk_ and 32 bytes in base64, or these and the public key that belongs to them',
      },
    ],
  });
