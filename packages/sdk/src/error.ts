import type { components } from './generated/api.js';

export type Problem = components['schemas']['Problem'];
export type FieldError = components['schemas']['FieldError'];

/**
 * An error code of the API, or one of the client: `unreachable` (no connection), `timeout` (no response in time) or
 * `unexpected_response` (a response that is not from the API, for example a proxy's error or sign-in page).
 */
export type PosthornErrorCode = Problem['code'] | 'unreachable' | 'timeout' | 'unexpected_response';

const BODY_START_LENGTH = 200;

interface ErrorFields {
  code: PosthornErrorCode;
  status?: number;
  requestId?: string | undefined;
  problem?: Problem;
  body?: string;
  cause?: unknown;
}

/** Thrown by every call that fails, unless the caller's own signal aborted it. */
export class PosthornError extends Error {
  override readonly name = 'PosthornError';
  /** Stable; safe to branch on. */
  readonly code: PosthornErrorCode;
  /** HTTP status of the response; undefined if there was none. */
  readonly status: number | undefined;
  /** Explains the error and how to fix it, in English. */
  readonly detail: string | undefined;
  /** Validation errors, one per invalid field. */
  readonly errors: readonly FieldError[];
  /** Identifies the request in Posthorn's logs. */
  readonly requestId: string | undefined;
  /** The full problem document; some codes add fields. */
  readonly problem: Problem | undefined;
  /** The first 200 characters of a response that is not from the API. */
  readonly body: string | undefined;

  constructor(message: string, { code, status, requestId, problem, body, cause }: ErrorFields) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.detail = problem?.detail;
    this.errors = problem?.errors ?? [];
    this.requestId = problem?.requestId ?? requestId;
    this.problem = problem;
    this.body = body;
  }
}

/** Reads the error from a response whose status is not 2xx. */
export async function readError(response: Response): Promise<PosthornError> {
  const { status, headers } = response;
  const body = await response.text();
  const problem = isProblem(headers) ? parseProblem(body) : undefined;
  if (problem) return new PosthornError(describe(problem), { code: problem.code, status, problem });
  return unexpectedResponse(response, body);
}

/** Returns the error of a response that is not from the API. */
export function unexpectedResponse({ status, headers }: Response, wholeBody: string): PosthornError {
  const body = wholeBody.slice(0, BODY_START_LENGTH);
  return new PosthornError(`The response with status ${status} is not from the API: ${body || 'no body'}`, {
    code: 'unexpected_response',
    status,
    requestId: headers.get('x-request-id') ?? undefined,
    body,
  });
}

const isProblem = (headers: Headers): boolean =>
  headers.get('content-type')?.startsWith('application/problem+json') === true;

/** Returns the problem document, or undefined if the body is none, as when a proxy changed it. */
function parseProblem(body: string): Problem | undefined {
  const problem = parseObject(body);
  const isValid = typeof problem?.['code'] === 'string' && Array.isArray(problem['errors'] ?? []);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked as far as this client reads it
  return isValid ? (problem as unknown as Problem) : undefined;
}

/** Parses a JSON object. Returns undefined for anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function describe({ title, detail, errors = [] }: Problem): string {
  const fields = errors.map(({ path, message }) => `${path} ${message}`.trim());
  return [detail ?? title, ...fields].join('; ');
}
