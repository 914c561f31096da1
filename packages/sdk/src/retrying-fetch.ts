import { PosthornError, readProblem } from './error.js';

export interface RetrySettings {
  /** For a whole call, its retries included, in milliseconds. */
  timeoutMs: number;
  maxRetries: number;
  fetch: typeof fetch;
}

/** For one try, so that a connection that says nothing leaves time for another. */
const TRY_TIMEOUT_MS = 30_000;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 8000;

const PASSING_STATUS = new Set([429, 502, 503, 504]);

/**
 * A fetch that tries again what may succeed in a moment: no answer, 429, 502, 503, 504, and a key whose first request is
 * still running. It gives up with the last answer or error. A POST gets an Idempotency-Key, so that it is done once.
 */
export function retryingFetch(settings: RetrySettings): (request: Request) => Promise<Response> {
  return async (request) => {
    const deadline = performance.now() + settings.timeoutMs;
    giveKey(request);
    for (let retries = 0; ; retries++) {
      const result = await tryOnce(request, {
        ...settings,
        timeoutMs: Math.min(TRY_TIMEOUT_MS, deadline - performance.now()),
      });
      const pauseMs = pauseBefore(retries, result);
      const giveUp = retries >= settings.maxRetries || performance.now() + pauseMs >= deadline;
      if (giveUp || !(await isPassing(result))) {
        if (result instanceof Response) return result;
        throw result;
      }
      await sleep(pauseMs, request.signal);
    }
  };
}

function giveKey({ method, headers }: Request): void {
  if (method === 'POST' && !headers.has('idempotency-key'))
    headers.set('idempotency-key', crypto.randomUUID());
}

/** @throws what the caller's own signal gives as its reason */
async function tryOnce(
  request: Request,
  { fetch, timeoutMs }: RetrySettings,
): Promise<Response | PosthornError> {
  const { signal } = request;
  signal.throwIfAborted();
  // Not AbortSignal.any, which not every edge runtime has.
  const either = new AbortController();
  const stop = (): void => either.abort();
  signal.addEventListener('abort', stop);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, timeoutMs);
  try {
    return await readWhole(await fetch(request.clone(), { signal: either.signal }));
  } catch (cause) {
    signal.throwIfAborted();
    if (isLate) return new PosthornError('no answer in time', { code: 'timeout', cause });
    return new PosthornError('cannot be reached', { code: 'unreachable', cause });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** With its body at hand, so that a connection lost in the middle shows here. */
async function readWhole(response: Response): Promise<Response> {
  const { status, statusText, headers } = response;
  // Server-sent events have no end.
  if (headers.get('content-type')?.startsWith('text/event-stream')) return response;
  const body = await response.arrayBuffer();
  return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
}

async function isPassing(result: Response | PosthornError): Promise<boolean> {
  if (!(result instanceof Response)) return true;
  if (result.status !== 409) return PASSING_STATUS.has(result.status);
  return (await readProblem(result.clone()))?.code === 'idempotency_in_progress';
}

/** What Retry-After says; else about twice as long each time, never quite the same for all. In milliseconds. */
function pauseBefore(retries: number, result: Response | PosthornError): number {
  const asked = result instanceof Response ? retryAfterMs(result) : undefined;
  return asked ?? Math.min(FIRST_PAUSE_MS * 2 ** retries, MAX_PAUSE_MS) * (0.5 + Math.random() / 2);
}

/** It comes as seconds or as a date. */
function retryAfterMs({ headers }: Response): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

/** @throws what the signal gives as its reason */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
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
