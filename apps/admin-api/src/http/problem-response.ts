import { ERRORS_PATH, PROBLEM_JSON, type Problem } from '@posthorn/contract';
import { ERROR_CODES, type ErrorCode, PosthornError, reason, shownReason } from '@posthorn/core';
import { describeUnavailableError, isTimeout, isUnavailable } from '@posthorn/database/prisma-client';
import type { ApiResponse } from './api-response.js';
import type { RequestContext } from './request-context.js';

/** Retry-After of the errors that may be gone at a repeat, without their own time, in seconds. */
const RETRY_AFTER_S: Partial<Record<ErrorCode, number>> = {
  idempotency_in_progress: 1,
  request_timeout: 1,
  too_many_requests: 1,
  unavailable: 2,
};

/** Converts anything thrown to a PosthornError. Unexpected errors become `internal_error`. */
export function toPosthornError(error: unknown): PosthornError {
  if (error instanceof PosthornError) return error;
  if (isTimeout(error))
    return new PosthornError('unavailable', { reason: reason('query_timed_out'), cause: error });
  if (isUnavailable(error))
    return new PosthornError('unavailable', { detail: describeUnavailableError(error), cause: error });
  return pathError(error) ?? new PosthornError('internal_error', { cause: error });
}

/** What the problem of a request depends on besides the failure. */
export type ProblemContext = Pick<RequestContext, 'requestId' | 'publicOrigin'>;

/** Returns the problem response (RFC 9457) of a failed request. Contains only what clients may see. */
export function problemResponse(
  failure: PosthornError,
  { requestId, publicOrigin }: ProblemContext,
): ApiResponse {
  const { code, status, detail, errors, extra } = failure;
  const because = failure.reason && shownReason(failure.reason);
  const { title } = ERROR_CODES[code];
  const type = `${publicOrigin ?? ''}${ERRORS_PATH}#${code}`;
  const problem: Problem = { type, title, status, code, detail, reason: because, errors, requestId };
  // Not spread: V8 gives each such object its own hidden class.
  if (extra) Object.assign(problem, extra);
  return { status, body: problem, contentType: PROBLEM_JSON, headers: headersOf(failure) };
}

function headersOf({ code, extra }: PosthornError): Record<string, string> {
  if (code === 'unauthorized') return { 'www-authenticate': 'Bearer' };
  const given = extra?.['retryAfter'];
  const retryAfter = typeof given === 'number' ? given : RETRY_AFTER_S[code];
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  // The rest of the body may still arrive, or never.
  if (code === 'request_timeout') headers['connection'] = 'close';
  return headers;
}

/** Converts the error that Express throws for a path with an invalid percent escape. */
function pathError(error: unknown): PosthornError | null {
  return error instanceof URIError ? new PosthornError('not_found', { cause: error }) : null;
}
