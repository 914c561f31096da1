import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- looked into freely
  body: any;
}

/**
 * Calls the API as a good client does: again while it is away or says that it is busy, until it has an answer.
 * Rejects after five minutes.
 */
export type PatientClient = (method: string, path: string, body?: object) => Promise<Answer>;

const ANSWER_WITHIN_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
const GIVEN_UP_AFTER_MS = 300_000;

export function patientClient(apiUrl: string, adminKey: string): PatientClient {
  async function callOnce(method: string, path: string, body?: object): Promise<Answer | null> {
    try {
      const response = await fetch(new URL(path, apiUrl), {
        method,
        headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status >= 500 || response.status === 429) return null;
      return { status: response.status, body: text === '' ? null : JSON.parse(text) };
    } catch {
      return null;
    }
  }

  return async (method, path, body) => {
    const deadline = performance.now() + GIVEN_UP_AFTER_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const answer = await callOnce(method, path, body);
      if (answer) return answer;
      if (performance.now() > deadline) throw new Error(`no answer to ${method} ${path}`);
      await sleep(pauseMs);
    }
  };
}
