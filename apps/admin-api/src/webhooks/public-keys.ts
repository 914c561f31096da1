import type { RequestHandler } from 'express';
import type { PublicKeysResponse } from '@posthorn/contract';
import { decodeId, ed25519Keys, liveSecrets, PosthornError } from '@posthorn/core';
import { findWebhook } from '@posthorn/database/webhooks/prisma';
import { createAddressLimiter } from '../http/address-limiter.js';
import { sendResponse } from '../http/api-response.js';
import { contextOf } from '../http/request-context.js';
import type { WebhookDeps } from './deps.js';
import { serializeSigningKey } from './signing-key.js';

const REQUESTS_PER_MINUTE = 600;

/** Rotations usually have an overlap of hours. */
const CACHE_CONTROL = 'public, max-age=300';

/** Returns the handler that sends the public Ed25519 keys of a webhook, without authentication. */
export function sendPublicKeys({ prisma }: Pick<WebhookDeps, 'prisma'>): RequestHandler {
  const countRequest = createAddressLimiter(REQUESTS_PER_MINUTE);
  return async (request, response) => {
    await countRequest(contextOf(response).clientAddress);
    const id = decodeId('webhook', String(request.params['webhookId']));
    const webhook = id === null ? null : await findWebhook(prisma, { id, tenantId: null });
    const keys = ed25519Keys(liveSecrets(webhook?.secrets ?? [], new Date()));
    // One response for both, so that it does not show which webhooks exist.
    if (keys.length === 0) throw new PosthornError('not_found', { detail: 'Public keys not found' });
    const body: PublicKeysResponse = { keys: keys.map(serializeSigningKey) };
    sendResponse(response, { status: 200, body, cacheControl: CACHE_CONTROL });
  };
}
