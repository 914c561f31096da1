import { type RequestHandler, Router } from 'express';
import type { PublicKeysResponse } from '@posthorn/contract';
import { decodeId, ed25519Keys, liveSecrets, PosthornError } from '@posthorn/core';
import { findWebhook } from '@posthorn/database/prisma';
import type { ApiDeps } from './deps.js';
import { createAddressLimiter } from './http/address-limiter.js';
import { sendResponse } from './http/api-response.js';
import { methodNotAllowed } from './http/error-handlers.js';
import { contextOf, onRoute } from './http/request-context.js';
import { serializeSigningKey } from './serializers/signing-key.js';

const REQUESTS_PER_MINUTE = 600;

/** Rotations usually have an overlap of hours. */
const CACHE_CONTROL = 'public, max-age=300';

const PATH = '/.well-known/webhook-keys/:webhookId';

/** Serves the public Ed25519 keys of webhooks, without authentication. */
export function publicKeys({ prisma }: Pick<ApiDeps, 'prisma'>): Router {
  const countRequest = createAddressLimiter(REQUESTS_PER_MINUTE);
  const router = Router();
  const sendKeys: RequestHandler<{ webhookId: string }> = async (request, response) => {
    await countRequest(contextOf(response).clientAddress);
    const id = decodeId('webhook', request.params.webhookId);
    const webhook = id === null ? null : await findWebhook(prisma, { id, tenantId: null });
    const keys = ed25519Keys(liveSecrets(webhook?.secrets ?? [], new Date()));
    // One response for both, so that it does not show which webhooks exist.
    if (keys.length === 0) throw new PosthornError('not_found', { detail: 'Public keys not found' });
    const body: PublicKeysResponse = { keys: keys.map(serializeSigningKey) };
    sendResponse(response, { status: 200, body, cacheControl: CACHE_CONTROL });
  };
  router
    .route(PATH)
    .all(onRoute(PATH))
    .get(sendKeys)
    .all(methodNotAllowed(['get', 'head']));
  return router;
}
