import { PosthornError, readError } from './error.js';

export interface RetrySettings {
  /** Timeout of a call including its retries, in milliseconds. A long poll has the time that it waits in addition. */
  timeoutMs: number;
  maxRetries: number;
  fetch: typeof fetch;
}

/** Timeout of one request, so that a dead connection leaves time for a retry. */
const REQUEST_TIMEOUT_MS = 30_000;
const INITIAL_DELAY_MS = 250;
const MAX_DELAY_MS = 8000;

export const RETRYABLE_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Returns a fetch that retries temporary failures: no response, 429, 502, 503, 504, and `idempotency_in_progress`. When the
 * retries or the time are exhausted it returns the last response or throws the last error. Each POST has an idempotency key, so that a
 * retry never applies it twice.
 */
export function retryingFetch(settings: RetrySettings): (request: Request) => Promise<Response> {
  return async (request) => {
    const waitMs = longPollMs(request);
    const deadline = performance.now() + settings.timeoutMs + waitMs;
    await setIdempotencyKey(request);
    for (let retries = 0; ; retries++) {
      const result = await send(request, {
        ...settings,
        timeoutMs: Math.min(REQUEST_TIMEOUT_MS + waitMs, deadline - performance.now()),
      });
      const delayMs = retryDelayMs(retries, result);
      const isExhausted = retries >= settings.maxRetries || performance.now() + delayMs >= deadline;
      if (isExhausted || !(await isRetryable(result))) {
        if (result instanceof Response) return result;
        throw result;
      }
      await sleep(delayMs, request.signal);
    }
  };
}

/** Returns how long the API may wait before it responds, in milliseconds: the parameter `wait` of a long poll. */
function longPollMs({ url }: Request): number {
  const seconds = Number(new URL(url).searchParams.get('wait'));
  return Number.isFinite(seconds) ? seconds * 1000 : 0;
}

/** Sets a random `Idempotency-Key` for a POST without a key. */
async function setIdempotencyKey(request: Request): Promise<void> {
  const { method, headers } = request;
  if (method !== 'POST' || headers.has('idempotency-key') || (await hasKeyInBody(request))) return;
  headers.set('idempotency-key', crypto.randomUUID());
}

/** Returns whether a request publishes an event with its own idempotency key. A header must not differ from it. */
async function hasKeyInBody(request: Request): Promise<boolean> {
  if (!new URL(request.url).pathname.endsWith('/v1/events')) return false;
  try {
    return typeof JSON.parse(await request.clone().text()).idempotencyKey === 'string';
  } catch {
    return false;
  }
}

/** Sends a request once. @throws the reason of the caller's signal, if that aborts it */
async function send(
  request: Request,
  { fetch, timeoutMs }: RetrySettings,
): Promise<Response | PosthornError> {
  const { signal } = request;
  signal.throwIfAborted();
  // Some edge runtimes lack AbortSignal.any.
  const combined = new AbortController();
  const abort = (): void => combined.abort();
  signal.addEventListener('abort', abort);
  let hasTimedOut = false;
  const timer = setTimeout(() => {
    hasTimedOut = true;
    abort();
  }, timeoutMs);
  try {
    return await buffered(await fetch(request.clone(), { signal: combined.signal }));
  } catch (cause) {
    signal.throwIfAborted();
    if (hasTimedOut) return new PosthornError('Request timed out', { code: 'timeout', cause });
    return new PosthornError('Connection failed', { code: 'unreachable', cause });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** Reads the whole body, so that a connection lost halfway fails here. */
async function buffered(response: Response): Promise<Response> {
  const { status, statusText, headers } = response;
  // Server-sent events never end, and lines can be many.
  if (/^(?:text\/event-stream|application\/x-ndjson)/.test(headers.get('content-type') ?? ''))
    return response;
  const body = await response.arrayBuffer();
  return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
}

async function isRetryable(result: Response | PosthornError): Promise<boolean> {
  if (!(result instanceof Response)) return true;
  if (result.status !== 409) return RETRYABLE_STATUS.has(result.status);
  return (await readError(result.clone())).code === 'idempotency_in_progress';
}

/** Returns the delay before the next retry, in milliseconds: `Retry-After`, or else exponential backoff with jitter. */
function retryDelayMs(retries: number, result: Response | PosthornError): number {
  const requestedMs = result instanceof Response ? retryAfterMs(result) : undefined;
  return requestedMs ?? Math.min(INITIAL_DELAY_MS * 2 ** retries, MAX_DELAY_MS) * (0.5 + Math.random() / 2);
}

/** Parses `Retry-After`, which is a number of seconds or a date. */
function retryAfterMs({ headers }: Response): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

/** @throws the reason of the signal, if it aborts */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
