import type { Response } from 'express';
import { EVENT_STREAM } from '@posthorn/contract';

/** What a call is answered with. */
export interface ApiResponse {
  status: number;
  /** Becomes JSON; null for no body. */
  body: unknown;
  contentType?: string;
  headers?: Record<string, string>;
  /** Writes server-sent events in place of a body, for as long as it likes. */
  stream?: (response: Response) => void;
}

/** Writes an answer. Nothing of the API may be kept by a cache: it holds data of tenants, and secrets. */
export function sendResponse(
  response: Response,
  { status, body, contentType, headers, stream }: ApiResponse,
): void {
  response.statusCode = status;
  response.setHeader('cache-control', 'no-store');
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (stream) {
    response.setHeader('content-type', EVENT_STREAM);
    // nginx would keep the events until it has many.
    response.setHeader('x-accel-buffering', 'no');
    stream(response);
    return;
  }
  if (body === null) {
    response.end();
    return;
  }
  const text = JSON.stringify(body);
  response.setHeader('content-type', contentType ?? 'application/json');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}
