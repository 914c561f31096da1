import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, apiClient, type ApiResponse, runCalls } from './api-client.js';

const TIMEOUT_MS = 10_000;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 1000;
const GIVE_UP_AFTER_MS = 300_000;

export interface RetryingClientOptions {
  /**
   * Whether a call is retried, given the status of its response, or null when there was none (connection error, timeout after
   * 10 s). Default: no response, 429 and 5xx.
   */
  shouldRetry?: (status: number | null) => boolean;
}

/**
 * Creates an API client that retries failed calls. It waits for the time in `Retry-After`, else with exponential backoff from
 * 100 ms to 1 s. After five minutes it returns the last response, or rejects with the last error.
 */
export function retryingClient(
  baseUrl: string,
  apiKey: string,
  { shouldRetry = isTransient }: RetryingClientOptions = {},
): ApiClient {
  const client = apiClient(baseUrl, apiKey, { timeoutMs: TIMEOUT_MS });
  return runCalls(client, (call) => retryCall(call, shouldRetry));
}

function isTransient(status: number | null): boolean {
  return status === null || status === 429 || status >= 500;
}

async function retryCall(
  call: () => Promise<ApiResponse>,
  shouldRetry: (status: number | null) => boolean,
): Promise<ApiResponse> {
  const deadline = performance.now() + GIVE_UP_AFTER_MS;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    let retryAfter: string | null = null;
    try {
      const response = await call();
      if (!shouldRetry(response.status) || performance.now() > deadline) return response;
      retryAfter = response.headers.get('retry-after');
    } catch (error) {
      if (!shouldRetry(null) || performance.now() > deadline) throw error;
    }
    await sleep(retryAfter === null ? delayMs : Number(retryAfter) * 1000);
  }
}
