import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, apiClient, type ApiResponse, runCalls } from './api-client.js';

const MAX_RETRIES = 100;
const SHORTEST_DELAY_MS = 100;

/**
 * Creates an API client that retries 503 only: the API refuses calls with it while the machine is busy or paused. It waits for each
 * response, because a call that was aborted may have changed something.
 */
export function patientClient(apiUrl: string, apiKey: string): ApiClient {
  return runCalls(apiClient(apiUrl, apiKey), whileUnavailable);
}

async function whileUnavailable(call: () => Promise<ApiResponse>): Promise<ApiResponse> {
  for (let retries = 0; ; retries += 1) {
    const response = await call();
    if (response.status !== 503 || retries === MAX_RETRIES) return response;
    await sleep(Math.max(Number(response.headers.get('retry-after')) * 1000, SHORTEST_DELAY_MS));
  }
}
