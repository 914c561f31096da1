import type { components } from './generated/api.js';

export type Problem = components['schemas']['Problem'];
export type FieldError = components['schemas']['FieldError'];

/** A code of the API; or `unreachable`, `timeout` without an answer, `unexpected_answer` for one that is not the API's. */
export type PosthornErrorCode = Problem['code'] | 'unreachable' | 'timeout' | 'unexpected_answer';

interface Failure {
  code: PosthornErrorCode;
  status?: number;
  requestId?: string | undefined;
  problem?: Problem;
  cause?: unknown;
}

/** Whatever keeps a call from succeeding, but for a signal of the caller's own. */
export class PosthornError extends Error {
  override readonly name = 'PosthornError';
  /** Stable: programs may rely on it. */
  readonly code: PosthornErrorCode;
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
  readonly detail: string | undefined;
  /** What is wrong with the input, field by field. */
  readonly errors: readonly FieldError[];
  /** Also in the logs of Posthorn. */
  readonly requestId: string | undefined;
  /** The whole body: some codes add members of their own. */
  readonly problem: Problem | undefined;

  constructor(message: string, { code, status, requestId, problem, cause }: Failure) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.detail = problem?.detail;
    this.errors = problem?.errors ?? [];
    this.requestId = problem?.requestId ?? requestId;
    this.problem = problem;
  }
}

/** The error in an answer that is not 2xx. */
export async function readError(response: Response): Promise<PosthornError> {
  const { status } = response;
  const problem = await readProblem(response);
  if (problem) return new PosthornError(describe(problem), { code: problem.code, status, problem });
  return new PosthornError(`the server answered ${status}`, {
    code: 'unexpected_answer',
    status,
    requestId: response.headers.get('x-request-id') ?? undefined,
  });
}

/** Undefined for what is not the API's, such as the page of a proxy. */
export async function readProblem(response: Response): Promise<Problem | undefined> {
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its content type says what it is
  return (await response.json().catch(() => undefined)) as Problem | undefined;
}

function describe({ title, detail, errors = [] }: Problem): string {
  const fields = errors.map(({ path, message }) => `${path} ${message}`.trim());
  return [detail ?? title, ...fields].join('; ');
}
