import {
  currentMoment,
  type Egress,
  isSameRequest,
  type Moment,
  type OAuthClient,
  readFreshness,
  type RequestWebhook,
} from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { readRequestWebhook } from '@posthorn/database/webhooks';
import {
  requestToken,
  type SendTokenRequest,
  type TokenRequest,
  type TokenResponse,
} from './token-request.js';

/** A webhook whose requests need an access token, as it was read. */
export interface TokenWebhook {
  webhook: RequestWebhook;
  authSealed: string;
  client: OAuthClient;
}

export interface TokenRequestDeps {
  pool: Pool;
  send: SendTokenRequest;
  moment?: (() => Moment) | undefined;
}

/** How a token is requested. */
export interface TokenRoute extends Pick<TokenRequest, 'admits'> {
  profile: Egress | undefined;
}

/**
 * Requests an access token. Its freshness is that of this request, not of a delivery that waits for the token: it does not start once the
 * authentication, the route or the state of the webhook has changed.
 */
export async function requestFreshToken(
  token: TokenWebhook,
  route: TokenRoute,
  { pool, send, moment = currentMoment }: TokenRequestDeps,
): Promise<TokenResponse> {
  const readAgain = async () => {
    const readAt = moment();
    return (await isUnchanged(pool, token)) ? readAt : null;
  };
  const readAt = await readAgain();
  if (readAt === null) return { kind: 'not_started' };
  const { isFresh, refresh } = readFreshness({
    readAt,
    now: moment,
    readAgain,
  });
  const { client, webhook } = token;
  return requestToken(client, { send, webhook, ...route, isFresh, refresh });
}

/** Returns whether requests for a token may start with what was read. False while PostgreSQL is unavailable. */
export async function isUnchanged(pool: Pool, { webhook }: TokenWebhook): Promise<boolean> {
  try {
    const current = await readRequestWebhook(pool, webhook.id);
    return current !== null && isSameRequest('token', webhook, current);
  } catch {
    return false;
  }
}
