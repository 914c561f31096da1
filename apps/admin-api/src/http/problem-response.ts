import { PROBLEM_JSON, type Problem } from '@posthorn/contract';
import { ERROR_CODES, PosthornError } from '@posthorn/core';
import { isUnavailable, isTimeout } from '@posthorn/database/prisma';
import type { ApiResponse } from './api-response.js';

/** Retry-After for unavailable, in seconds. */
const RETRY_AFTER_S = '2';

const QUERY_TIMED_OUT = 'The query timed out. Retry, or narrow the time range.';

/** Converts anything thrown to a PosthornError. Unexpected errors become `internal_error`. */
export function toPosthornError(error: unknown): PosthornError {
  if (error instanceof PosthornError) return error;
  if (isTimeout(error)) return new PosthornError('unavailable', { detail: QUERY_TIMED_OUT, cause: error });
  if (isUnavailable(error)) return new PosthornError('unavailable', { cause: error });
  return bodyError(error) ?? new PosthornError('internal_error', { cause: error });
}

/** Returns the problem response (RFC 9457) of a failed request. Contains only what clients may see. */
export function problemResponse(failure: PosthornError, requestId: string): ApiResponse {
  const { code, detail, errors, extra } = failure;
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
  return { status, body: problem, contentType: PROBLEM_JSON, headers: headersOf(failure) };
}

function headersOf({ code, extra }: PosthornError): Record<string, string> {
  if (code === 'unauthorized') return { 'www-authenticate': 'Bearer' };
  if (code === 'too_many_requests') return { 'retry-after': String(extra?.['retryAfter']) };
  if (code === 'unavailable') return { 'retry-after': RETRY_AFTER_S };
  return {};
}

/** Converts errors that Express and its body parser throw for malformed requests. */
function bodyError(error: unknown): PosthornError | null {
  // The path has an invalid percent escape.
  if (error instanceof URIError) return new PosthornError('not_found', { cause: error });
  if (!(error instanceof Error) || !('type' in error)) return null;
  switch (error.type) {
    case 'entity.too.large':
      return new PosthornError('payload_too_large', { cause: error });
    case 'encoding.unsupported':
      return new PosthornError('unsupported_media_type', {
        detail: 'The body must not be compressed',
        cause: error,
      });
    case 'request.aborted':
    case 'request.size.invalid':
      return new PosthornError('invalid_json', { detail: 'The body is incomplete', cause: error });
    default:
      return null;
  }
}
