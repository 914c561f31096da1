import type { Response } from 'express';

/** What a call is answered with. */
export interface Answer {
  status: number;
  /** Becomes JSON; null for no body. */
  body: unknown;
  contentType?: string;
  headers?: Record<string, string>;
}

/** Writes an answer. Nothing of the API may be kept by a cache: it holds data of tenants, and secrets. */
export function sendAnswer(response: Response, { status, body, contentType, headers }: Answer): void {
  response.statusCode = status;
  response.setHeader('cache-control', 'no-store');
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (body === null) {
    response.end();
    return;
  }
  const text = JSON.stringify(body);
  response.setHeader('content-type', contentType ?? 'application/json');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}
