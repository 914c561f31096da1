import { PROBLEM_JSON, type Problem } from '@posthorn/contract';
import { ERROR_CODES, PosthornError } from '@posthorn/core';
import { isUnavailable, isTimeout } from '@posthorn/database/prisma';
import type { ApiResponse } from './api-response.js';

/** Seconds after which a client may try again what could not be taken. */
const RETRY_AFTER_S = '2';

const TOOK_TOO_LONG = 'this takes too long: try again, or ask for a narrower range of time';

/** What a request fails with, whatever was thrown. What nobody foresaw is our own fault. */
export function toPosthornError(error: unknown): PosthornError {
  if (error instanceof PosthornError) return error;
  if (isTimeout(error)) return new PosthornError('unavailable', { detail: TOOK_TOO_LONG, cause: error });
  if (isUnavailable(error)) return new PosthornError('unavailable', { cause: error });
  return bodyError(error) ?? new PosthornError('internal_error', { cause: error });
}

/** The answer to a request that failed (RFC 9457). Only what is meant for the client gets into it. */
export function problemResponse(fault: PosthornError, requestId: string): ApiResponse {
  const { code, detail, errors, extra } = fault;
  const { status, title } = ERROR_CODES[code];
  const problem: Problem = {
    ...extra,
    type: 'about:blank',
    title,
    status,
    code,
    ...(detail !== undefined && { detail }),
    ...(errors && { errors }),
    requestId,
  };
  return { status, body: problem, contentType: PROBLEM_JSON, headers: headersOf(fault) };
}

function headersOf({ code, extra }: PosthornError): Record<string, string> {
  if (code === 'unauthorized') return { 'www-authenticate': 'Bearer' };
  if (code === 'too_many_requests') return { 'retry-after': String(extra?.['retryAfter']) };
  if (code === 'unavailable') return { 'retry-after': RETRY_AFTER_S };
  return {};
}

/** What Express and its body parser throw for a request that cannot be read. */
function bodyError(error: unknown): PosthornError | null {
  // A path with a broken percent escape names nothing.
  if (error instanceof URIError) return new PosthornError('not_found', { cause: error });
  if (!(error instanceof Error) || !('type' in error)) return null;
  switch (error.type) {
    case 'entity.too.large':
      return new PosthornError('payload_too_large', { cause: error });
    case 'encoding.unsupported':
      return new PosthornError('unsupported_media_type', {
        detail: 'the body must not be compressed',
        cause: error,
      });
    case 'request.aborted':
    case 'request.size.invalid':
      return new PosthornError('invalid_json', { detail: 'the body is not complete', cause: error });
    default:
      return null;
  }
}
