import {
  openAuth,
  type RequestWebhook,
  type SentOutcome,
  tokenFailure,
  type TokenFailureCode,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import type { AccessToken, TokenWebhook } from '@posthorn/flow';
import type { RequestDeps } from './deps.js';
import { webhookChanged } from './send-if-unchanged.js';

type TokenDeps = Pick<RequestDeps, 'sealer' | 'tokens' | 'validations'>;

/** The access token of a request, null if it needs none; or the outcome of a request that is not sent without. */
export type RequestToken = { token: AccessToken | null } | { outcome: SentOutcome & { kind: 'failure' } };

/** Returns a webhook whose requests need an access token; null for others. */
export function tokenWebhook(
  webhook: RequestWebhook,
  { sealer }: Pick<RequestDeps, 'sealer'>,
): TokenWebhook | null {
  const auth = openAuth(webhook, sealer);
  const { authSealed } = webhook;
  return auth?.type === 'oauth2' && authSealed !== null ? { webhook, authSealed, client: auth } : null;
}

/**
 * Returns the access token of a webhook, which is fetched if there is none.
 * @throws PosthornError `conflict` if the webhook has changed since it was read
 */
export async function requestToken(webhook: RequestWebhook, deps: TokenDeps): Promise<RequestToken> {
  const owner = tokenWebhook(webhook, deps);
  if (owner === null) return { token: null };
  const known = await deps.tokens.find(owner);
  const result = known === null || known.kind === 'wait' ? await fetchToken(owner, deps) : known;
  if (result.kind === 'changed') throw webhookChanged();
  return result.kind === 'token' ? { token: result.token } : { outcome: tokenFailure(result.code) };
}

/** Fetches a token. Nobody has agreed to the request for it, so it counts as unconfirmed until there is a token. */
async function fetchToken(
  owner: TokenWebhook,
  deps: Omit<TokenDeps, 'sealer'>,
): ReturnType<RequestDeps['tokens']['wait']> {
  const { id: webhookId, tenantId } = owner.webhook;
  const request = await deps.validations.begin({ webhookId, tenantId, url: owner.client.tokenUrl });
  try {
    let isRequested = false;
    const result = await deps.tokens.wait(owner, {
      admits: request.admits,
      onRequest() {
        isRequested = true;
        request.keep(true);
      },
    });
    request.assertAdmitted();
    request.keep(isRequested && isUnconfirmed(result));
    return result;
  } finally {
    await request.end();
  }
}

/** Returns whether a request without a token may have reached the token endpoint. */
export function isUnconfirmed(
  result: { kind: 'token' | 'not_started' | 'changed' } | { kind: 'failure'; code: TokenFailureCode },
): boolean {
  // A proxy that failed may have connected to the endpoint before.
  if (result.kind === 'failure') return result.code !== 'token_endpoint_blocked';
  return result.kind === 'changed';
}

/** Removes a token that the receiver has rejected, so that the next request has another one. */
export async function removeRejected(
  { id }: Pick<WebhookRecord, 'id'>,
  { token, outcome }: { token: AccessToken | null; outcome: SentOutcome },
  { tokens }: Pick<RequestDeps, 'tokens'>,
): Promise<void> {
  if (token !== null && outcome.kind === 'response' && outcome.status === 401) await tokens.reject(id, token);
}
