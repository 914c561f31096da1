import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, apiClient, type ApiResponse } from '@posthorn/testkit';

const MOST_TRIES = 20;

/** The HTTP API for a client that does what a 503 asks for: it comes back later. Such a call has changed nothing. */
export function patientClient(baseUrl: string, apiKey: string): ApiClient {
  const { get, post, patch, delete: remove } = apiClient(baseUrl, apiKey);
  return {
    get: (...call) => patiently(() => get(...call)),
    post: (...call) => patiently(() => post(...call)),
    patch: (...call) => patiently(() => patch(...call)),
    delete: (...call) => patiently(() => remove(...call)),
  };
}

async function patiently(call: () => Promise<ApiResponse>): Promise<ApiResponse> {
  for (let tries = 1; ; tries += 1) {
    const answer = await call();
    if (answer.status !== 503 || tries === MOST_TRIES) return answer;
    await sleep(Number(answer.headers.get('retry-after') ?? 1) * 1000);
  }
}
