import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject } from '@posthorn/contract';
import {
  decodeId,
  type FieldError,
  fieldError,
  idempotencySealingContext,
  PosthornError,
  type Sealer,
} from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { claimRequest, releaseRequestClaim, storeResponse } from '@posthorn/database/requests';
import type { Logger } from '@posthorn/runtime';
import type { ApiResponse } from './api-response.js';
import { type ProblemContext, problemResponse, toPosthornError } from './problem-response.js';

const FIRST_SERVER_ERROR = 500;
const TOO_MANY_REQUESTS = 429;
const PRECONDITION_FAILED = 412;

export interface IdempotencyDeps {
  pool: Pool;
  sealer: Sealer;
  logger: Logger;
}

/** A request with an Idempotency-Key, which may be a duplicate. */
interface IdempotentRequest {
  apiKeyId: string;
  key: string;
  /** Identifies the content: a duplicate must have the same. */
  fingerprint: Buffer;
  context: ProblemContext;
}

/** Returns what is wrong with the Idempotency-Key of a request. */
export function idempotencyKeyErrors({ 'idempotency-key': key }: IncomingHttpHeaders): FieldError[] {
  if (key === undefined || (typeof key === 'string' && /^[\x20-\x7e]{1,255}$/.test(key))) return [];
  return [fieldError('Idempotency-Key', 'not_ascii_text', { max: 255 })];
}

export function fingerprintOf(request: { method: string; path: string; body: Buffer }): Buffer {
  return createHash('sha256').update(`${request.method} ${request.path}\n`).update(request.body).digest();
}

/**
 * Returns whether a request with the same key may succeed later: after a server error, when the tenant is below its rate limit or quota
 * again, with another condition, or with valid input.
 */
const isTemporary = ({ code, status }: PosthornError): boolean =>
  status >= FIRST_SERVER_ERROR ||
  status === TOO_MANY_REQUESTS ||
  status === PRECONDITION_FAILED ||
  code === 'quota_exceeded' ||
  // Nothing was changed, and the input can be corrected under the same key.
  code === 'invalid_input';

/**
 * Runs a request once per Idempotency-Key and returns the stored response to duplicates. Client errors are stored like any
 * other response; temporary errors are not, and release the key.
 */
export async function withIdempotency(
  { pool, sealer, logger }: IdempotencyDeps,
  { apiKeyId, key, fingerprint, context }: IdempotentRequest,
  run: () => Promise<ApiResponse>,
): Promise<ApiResponse> {
  const sealingContext = idempotencySealingContext(apiKeyId, key);
  const claim = await claimRequest(pool, { apiKeyId, key }, fingerprint);
  switch (claim.kind) {
    case 'key_reused':
      throw new PosthornError('idempotency_key_reused');
    case 'in_progress':
      throw new PosthornError('idempotency_in_progress');
    case 'completed': {
      const stored: ApiResponse = JSON.parse(sealer.open(claim.sealed, sealingContext));
      return { ...stored, headers: { ...stored.headers, 'idempotency-replayed': 'true' } };
    }
    case 'claimed':
      break;
  }

  const claimed = { apiKeyId, key, token: claim.token };
  let response: ApiResponse;
  try {
    response = await run();
  } catch (error) {
    const failure = toPosthornError(error);
    if (isTemporary(failure)) {
      // If this fails, the key is released when the claim expires.
      await releaseRequestClaim(pool, claimed).catch((cause: unknown) => {
        logger.warn('failed to release an Idempotency-Key', { error: cause });
      });
      throw error;
    }
    response = problemResponse(failure, context);
  }
  const sealed = sealer.seal(JSON.stringify(response), sealingContext);
  await storeResponse(pool, claimed, { status: response.status, sealed, eventId: eventIn(response) }).catch(
    (error: unknown) => {
      // The request has been applied, so it must not fail now.
      logger.error('failed to store the response for an Idempotency-Key', { error });
    },
  );
  return response;
}

/** Returns the event of the delivery that a response shows, with the key by which it is ordered. */
function eventIn({ body }: ApiResponse): string | null {
  const eventId = isJsonObject(body) ? body['eventId'] : null;
  return typeof eventId === 'string' ? decodeId('event', eventId) : null;
}
