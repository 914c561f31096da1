import {
  currentMoment,
  type Egress,
  isSameRequest,
  type Moment,
  type OAuthClient,
  readFreshness,
  type RequestWebhook,
} from '@posthorn/core';
import { isTransient, type Pool } from '@posthorn/database/connection';
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
 * @throws the error of a read that failed, except while PostgreSQL is unavailable
 */
export async function requestFreshToken(
  token: TokenWebhook,
  route: TokenRoute,
  { pool, send, moment = currentMoment }: TokenRequestDeps,
): Promise<TokenResponse> {
  /** An error that is no outage. The sender would report it as a failure of the token endpoint. */
  let failedRead: unknown;
  const readAgain = async () => {
    const startedAt = moment();
    try {
      return (await isUnchanged(pool, token)) ? startedAt : null;
    } catch (error) {
      failedRead = error;
      return null;
    }
  };
  const readAt = await readAgain();
  const { client, webhook } = token;
  const response: TokenResponse =
    readAt === null
      ? { kind: 'not_started' }
      : await requestToken(client, {
          send,
          webhook,
          ...route,
          ...readFreshness({ readAt, now: moment, readAgain }),
        });
  if (response.kind === 'not_started' && failedRead !== undefined) throw failedRead;
  return response;
}

/** Returns whether requests for a token may start with what was read. False while PostgreSQL is unavailable. */
export async function isUnchanged(pool: Pool, { webhook }: TokenWebhook): Promise<boolean> {
  try {
    const current = await readRequestWebhook(pool, webhook.id);
    return current !== null && isSameRequest('token', webhook, current);
  } catch (error) {
    if (isTransient(error)) return false;
    throw error;
  }
}
