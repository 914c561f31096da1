import { openAuth, type SentOutcome, tokenFailure, type TokenFailureCode } from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/prisma';
import type { AccessToken, TokenResult, TokenWebhook } from '@posthorn/flow';
import type { ApiDeps } from '../deps.js';
import { webhookRoute } from '../egress/webhook-profile.js';

/** The access token of a request, null if it needs none; or the outcome of a request that is not sent without. */
export type RequestToken = { token: AccessToken | null } | { outcome: SentOutcome & { kind: 'failure' } };

type AuthenticatedWebhook = Pick<WebhookRecord, 'id' | 'tenantId' | 'status' | 'authSealed' | 'proxySealed'>;

/** Returns a webhook whose requests need an access token; null for others. */
export function tokenWebhook(
  webhook: Pick<AuthenticatedWebhook, 'id' | 'status' | 'authSealed'>,
  { sealer }: Pick<ApiDeps, 'sealer'>,
): TokenWebhook | null {
  const auth = openAuth(webhook, sealer);
  const { id, status, authSealed } = webhook;
  return auth?.type === 'oauth2' && authSealed !== null ? { id, status, authSealed, client: auth } : null;
}

/** Returns the access token of a webhook, which is fetched if there is none. */
export async function requestToken(webhook: AuthenticatedWebhook, deps: ApiDeps): Promise<RequestToken> {
  const owner = tokenWebhook(webhook, deps);
  if (owner === null) return { token: null };
  const known = await deps.tokens.find(owner);
  const result = known === null || known.kind === 'wait' ? await fetchToken(webhook, owner, deps) : known;
  return result.kind === 'token' ? { token: result.token } : { outcome: tokenFailure(result.code) };
}

/** Fetches a token. Nobody has agreed to the request for it, so it counts as unconfirmed until there is a token. */
async function fetchToken(
  webhook: AuthenticatedWebhook,
  owner: TokenWebhook,
  deps: ApiDeps,
): Promise<Exclude<TokenResult, { kind: 'wait' }>> {
  const { id: webhookId, tenantId } = webhook;
  const request = await deps.validations.begin({ webhookId, tenantId, url: owner.client.tokenUrl });
  try {
    let isRequested = false;
    const result = await deps.tokens.wait(owner, {
      admits: request.admits,
      profile: await webhookRoute(webhook, deps),
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
export const isUnconfirmed = (
  result: { kind: 'token' } | { kind: 'failure'; code: TokenFailureCode },
): boolean =>
  // A proxy that failed may have connected to the endpoint before.
  result.kind === 'failure' && result.code !== 'token_endpoint_blocked';

/** Removes a token that the receiver has rejected, so that the next request has another one. */
export async function removeRejected(
  { id }: Pick<WebhookRecord, 'id'>,
  { token, outcome }: { token: AccessToken | null; outcome: SentOutcome },
  { tokens }: Pick<ApiDeps, 'tokens'>,
): Promise<void> {
  if (token !== null && outcome.kind === 'response' && outcome.status === 401) await tokens.reject(id, token);
}
