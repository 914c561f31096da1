import * as z from 'zod/mini';
import { fieldMessage, problemDetail, problemTitle } from './problem-texts.js';
import { t } from '../i18n/t.js';

const coded = { code: z.string(), params: z.record(z.string(), z.union([z.string(), z.number()])) };

const problemBody = z.object({
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.optional(z.string()),
  reason: z.optional(z.object(coded)),
  errors: z.optional(z.array(z.object({ path: z.string(), ...coded, message: z.string() }))),
  requestId: z.optional(z.string()),
});

export interface FieldError {
  /** Path in the input, such as `eventTypes[0]`; empty for the input as a whole. */
  path: string;
  message: string;
}

interface ProblemDetails {
  title: string;
  /** Null without a response. */
  status: number | null;
  code: string;
  detail?: string | undefined;
  errors?: FieldError[] | undefined;
  requestId?: string | undefined;
  /** From the Retry-After header. */
  retryAfterSeconds?: number | undefined;
  /** The complete body. Some codes have additional members. */
  body?: unknown;
  cause?: unknown;
}

/** A failed API call, including one without a response. */
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

  /** Whether the same call may succeed shortly. */
  get isTransient(): boolean {
    return (this.status === null && this.code !== PAGE_ERROR) || this.status === 503;
  }
}

/** Reads the problem from a response that is not 2xx, in the language of the page. A body in another format, such as an error page of a proxy, yields a generic problem. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => undefined);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(retryAfter) ? retryAfter : undefined;
  const parsed = problemBody.safeParse(body);
  if (parsed.success) {
    const { title, detail, reason, errors, ...problem } = parsed.data;
    return new ApiProblem({
      ...problem,
      title: problemTitle(problem.code, title),
      detail: problemDetail({ detail, reason, retryAfterSeconds }),
      errors: errors?.map((error) => ({ path: error.path, message: fieldMessage(error) })),
      retryAfterSeconds,
      body,
    });
  }
  return new ApiProblem({
    title: t('The server responded with {{status}}', { status: response.status }),
    status: response.status,
    code: 'unknown',
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfterSeconds,
  });
}

/** The code of an error of the page itself. */
const PAGE_ERROR = 'page_error';

/** Returns the error of a failed query or mutation as a problem. */
export function toProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem({
    title: t('Something went wrong on this page'),
    status: null,
    code: PAGE_ERROR,
    detail: error instanceof Error ? error.message : String(error),
    cause: error,
  });
}

/** The code of a call that got no response in time. */
export const TIMED_OUT = 'timed_out';

/** Returns the problem of a call without a response. */
export function unreachableProblem(cause: unknown): ApiProblem {
  if (cause instanceof DOMException && cause.name === 'TimeoutError')
    return new ApiProblem({
      title: t('The server does not respond'),
      status: null,
      code: TIMED_OUT,
      detail: t('This page tries again as soon as it does.'),
      cause,
    });
  return new ApiProblem({
    title: t("Can't reach the server"),
    status: null,
    code: 'unreachable',
    detail: t('It may be restarting, or you may be offline. Try again in a moment.'),
    cause,
  });
}
