import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** One request as a receiver got it. */
export interface RecordedRequest {
  method: string;
  /** With the query string. */
  path: string;
  headers: Record<string, string>;
  /** The exact text that was signed. */
  body: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it freely
  json(): any;
  /** When it had arrived whole, in milliseconds since 1970. */
  at: number;
}

export async function recordRequest(request: IncomingMessage): Promise<RecordedRequest> {
  const body = await text(request);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    body,
    json: () => JSON.parse(body),
    at: Date.now(),
  };
}
