import type { Request, RequestHandler, Response } from 'express';
import { logoutBody, MAX_LOGOUT_BYTES } from '@posthorn/contract';
import { PosthornError } from '@posthorn/core';
import { logOut } from '@posthorn/database/people';
import type { CountRequest } from '../http/address-limiter.js';
import { sendResponse } from '../http/api-response.js';
import { receiveBytes } from '../http/receive-bytes.js';
import { contextOf } from '../http/request-context.js';
import type { SingleSignOnDeps } from './deps.js';
import { describeCause } from './describe-cause.js';
import type { LogoutClaims } from './logout-token.js';
import { isProviderUnavailable } from './provider-fetch.js';
import type { SingleSignOn } from './single-sign-on.js';

type LogoutDeps = Pick<SingleSignOnDeps, 'change' | 'logger' | 'slowestUpload'>;

/** A request that is not a logout. */
class InvalidLogout extends Error {
  override readonly name = 'InvalidLogout';
}

/** Ends the sessions that the identity provider names (OpenID Connect Back-Channel Logout 1.0). */
export function backChannelLogout(
  { settings, provider }: SingleSignOn,
  { change, logger, slowestUpload }: LogoutDeps,
  recordFailure: CountRequest,
): RequestHandler {
  async function logoutIn(request: Request): Promise<LogoutClaims> {
    const form = await readForm(request, slowestUpload);
    const body = logoutBody.safeParse(form);
    if (!body.success) throw new InvalidLogout('logout_token is required');
    try {
      return await provider.verifyLogout(body.data.logout_token);
    } catch (cause) {
      if (isProviderUnavailable(cause))
        throw new PosthornError('unavailable', { detail: 'The identity provider does not respond', cause });
      throw new InvalidLogout('The logout token is not valid', { cause });
    }
  }

  return async (request, response) => {
    try {
      const { jti, subject, sid } = await logoutIn(request);
      const logout = { issuer: settings.issuer, jti, subject, sid };
      const resource = subject ?? sid ?? jti;
      const isNew = await change({ caller: { tenantId: null }, resource }, (prisma) =>
        logOut(prisma, logout),
      );
      if (!isNew) throw new InvalidLogout('The logout token was used before');
      sendResponse(response, { status: 200, body: null });
    } catch (error) {
      if (!(error instanceof InvalidLogout)) throw error;
      const { requestId, clientAddress } = contextOf(response);
      logger.warn('back-channel logout rejected', {
        requestId,
        clientAddress,
        cause: describeCause(error),
      });
      await recordFailure(clientAddress);
      reject(response, error.message);
    }
  };
}

const reject = (response: Response, description: string): void =>
  sendResponse(response, {
    status: 400,
    body: { error: 'invalid_request', error_description: description },
  });

/** @throws InvalidLogout if the body is not a form of at most 16 KiB that arrives in time */
async function readForm(
  request: Request,
  slowest: LogoutDeps['slowestUpload'],
): Promise<Record<string, string>> {
  if (!request.is('application/x-www-form-urlencoded'))
    throw new InvalidLogout('The body must be application/x-www-form-urlencoded');
  const onBytes = (length: number) => {
    if (length > MAX_LOGOUT_BYTES) throw new InvalidLogout('The body is too large');
  };
  try {
    const raw = await receiveBytes(request, { onBytes, slowest });
    return Object.fromEntries(new URLSearchParams(raw.toString('utf8')));
  } catch (cause) {
    if (cause instanceof InvalidLogout) throw cause;
    throw new InvalidLogout('The body was not received', { cause });
  }
}
