import * as z from 'zod/mini';

const problemBody = z.object({
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.optional(z.string()),
  errors: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
  requestId: z.optional(z.string()),
});

export interface FieldError {
  /** Where in the input: `eventTypes[0]`; empty for the input as a whole. */
  path: string;
  message: string;
}

interface ProblemDetails {
  title: string;
  /** Null: there was no answer. */
  status: number | null;
  code: string;
  detail?: string | undefined;
  errors?: FieldError[] | undefined;
  requestId?: string | undefined;
  /** Of the header Retry-After. */
  retryAfterSeconds?: number | undefined;
  /** The whole body: some codes add members of their own. */
  body?: unknown;
  cause?: unknown;
}

/** Whatever keeps a call of the API from succeeding, an answer that does not come included. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly title: string;
  readonly status: number | null;
  readonly code: string;
  readonly detail: string | undefined;
  readonly errors: readonly FieldError[];
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly body: unknown;

  constructor(details: ProblemDetails) {
    super(details.detail ?? details.title, { cause: details.cause });
    this.title = details.title;
    this.status = details.status;
    this.code = details.code;
    this.detail = details.detail;
    this.errors = details.errors ?? [];
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.body = details.body;
  }

  /** Whether the same call may succeed in a moment. */
  get isTransient(): boolean {
    return this.status === null || this.status === 503;
  }
}

/** The problem in an answer that is not 2xx. What is not ours, such as the page of a proxy, becomes one by its status. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => undefined);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(retryAfter) ? retryAfter : undefined;
  const parsed = problemBody.safeParse(body);
  if (parsed.success) return new ApiProblem({ ...parsed.data, retryAfterSeconds, body });
  return new ApiProblem({
    title: `The server answered ${response.status}`,
    status: response.status,
    code: 'unknown',
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfterSeconds,
  });
}

/** What a failed query or mutation threw, as a problem. */
export function toProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem({
    title: 'Something went wrong in this page',
    status: null,
    code: 'page_error',
    detail: error instanceof Error ? error.message : String(error),
    cause: error,
  });
}

export function unreachableProblem(cause: unknown): ApiProblem {
  return new ApiProblem({
    title: 'Posthorn cannot be reached',
    status: null,
    code: 'unreachable',
    detail: 'It may be restarting, or the network is away.',
    cause,
  });
}
