import type { Response } from 'express';
import { EVENT_STREAM } from '@posthorn/contract';
import { withDataText } from '@posthorn/core';

/** Response of an API call. */
export interface ApiResponse {
  status: number;
  /** Serialized as JSON; null for no body. */
  body: unknown;
  /** The JSON text of the member `data`, which is added to the body unchanged. */
  dataText?: string;
  contentType?: string;
  headers?: Record<string, string>;
  /** Writes server-sent events instead of a body, until it ends the response. */
  stream?: (response: Response) => void;
}

/** Sends a response. Caches must not store it: it contains tenants' data and secrets. */
export function sendResponse(
  response: Response,
  { status, body, dataText, contentType, headers, stream }: ApiResponse,
): void {
  response.statusCode = status;
  response.setHeader('cache-control', 'no-store');
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (stream) {
    response.setHeader('content-type', EVENT_STREAM);
    // Keeps nginx from buffering events.
    response.setHeader('x-accel-buffering', 'no');
    stream(response);
    return;
  }
  if (body === null) {
    response.end();
    return;
  }
  const json = JSON.stringify(body);
  const text = dataText === undefined ? json : withDataText(json, dataText);
  response.setHeader('content-type', contentType ?? 'application/json');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}
