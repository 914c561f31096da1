import { createHash } from 'node:crypto';
import { ERROR_CODES, PosthornError } from '@posthorn/core';
import { claimRequest, releaseRequestClaim, storeResponse } from '@posthorn/database';
import type { ApiDeps } from '../deps.js';
import type { ApiResponse } from './api-response.js';
import { problemResponse, toPosthornError } from './problem-response.js';

/** A request that may be a repeat. */
export interface IdempotentRequest {
  apiKeyId: string;
  key: string;
  /** What must be the same for it to be a repeat. */
  fingerprint: Buffer;
  requestId: string;
}

const FIRST_SERVER_ERROR = 500;

/** @throws PosthornError when the key could not be kept */
export function idempotencyKeyOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (/^[\x20-\x7e]{1,255}$/.test(header)) return header;
  const message = 'must be 1 to 255 printable ASCII characters';
  throw new PosthornError('invalid_input', { errors: [{ path: 'Idempotency-Key', message }] });
}

export function fingerprintOf(request: { method: string; path: string; body: Buffer }): Buffer {
  return createHash('sha256').update(`${request.method} ${request.path}\n`).update(request.body).digest();
}

/**
 * Runs a request with an Idempotency-Key once: a repeat is given the answer of the first. An answer that is the fault of
 * the client is kept like any other; after a fault of ours the key is free again.
 */
export async function withIdempotency(
  { pool, sealer, logger }: Pick<ApiDeps, 'pool' | 'sealer' | 'logger'>,
  { apiKeyId, key, fingerprint, requestId }: IdempotentRequest,
  run: () => Promise<ApiResponse>,
): Promise<ApiResponse> {
  const sealingContext = `idempotency:${apiKeyId}:${key}`;
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
  let answer: ApiResponse;
  try {
    answer = await run();
  } catch (error) {
    const fault = toPosthornError(error);
    if (ERROR_CODES[fault.code].status >= FIRST_SERVER_ERROR) {
      // When even this fails the key is free again as soon as the claim runs out.
      await releaseRequestClaim(pool, claimed).catch((cause: unknown) => {
        logger.warn('an Idempotency-Key was not freed', { error: cause });
      });
      throw error;
    }
    answer = problemResponse(fault, requestId);
  }
  const sealed = sealer.seal(JSON.stringify(answer), sealingContext);
  await storeResponse(pool, claimed, { status: answer.status, sealed }).catch((error: unknown) => {
    // What was asked for is done, and the client is told so.
    logger.error('the answer to an Idempotency-Key was not kept', { error });
  });
  return answer;
}
