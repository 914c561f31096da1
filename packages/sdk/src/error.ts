import type { components } from './generated/api.js';

export type Problem = components['schemas']['Problem'];
export type FieldError = components['schemas']['FieldError'];

/**
 * An error code of the API, or one of the client: `unreachable` (no connection), `timeout` (no response in time) or
 * `unexpected_response` (an error response that is not from the API, for example a proxy's error page).
 */
export type PosthornErrorCode = Problem['code'] | 'unreachable' | 'timeout' | 'unexpected_response';

interface ErrorFields {
  code: PosthornErrorCode;
  status?: number;
  requestId?: string | undefined;
  problem?: Problem;
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

  constructor(message: string, { code, status, requestId, problem, cause }: ErrorFields) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.detail = problem?.detail;
    this.errors = problem?.errors ?? [];
    this.requestId = problem?.requestId ?? requestId;
    this.problem = problem;
  }
}

/** Reads the error from a response whose status is not 2xx. */
export async function readError(response: Response): Promise<PosthornError> {
  const { status } = response;
  const problem = await readProblem(response);
  if (problem) return new PosthornError(describe(problem), { code: problem.code, status, problem });
  return new PosthornError(`The server responded with status ${status}`, {
    code: 'unexpected_response',
    status,
    requestId: response.headers.get('x-request-id') ?? undefined,
  });
}

/** Returns the problem document of a response, or undefined if it has none, such as a proxy's error page. */
export async function readProblem(response: Response): Promise<Problem | undefined> {
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the content type identifies it
  return (await response.json().catch(() => undefined)) as Problem | undefined;
}

function describe({ title, detail, errors = [] }: Problem): string {
  const fields = errors.map(({ path, message }) => `${path} ${message}`.trim());
  return [detail ?? title, ...fields].join('; ');
}
