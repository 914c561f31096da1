import type { Response } from 'express';
import { EVENT_STREAM } from '@posthorn/contract';
import { withDataText } from '@posthorn/core';
import { rateLimitHeaders } from './rate-limit.js';
import { contextOf } from './request-context.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** Response of an API call. */
export interface ApiResponse {
  status: number;
  /** Serialized as JSON; null for no body. */
  body: unknown;
  /** The JSON text of the member `data`, which is added to the body unchanged. */
  dataText?: string;
  contentType?: string;
  /** Default: caches must not store the response. */
  cacheControl?: string;
  headers?: Record<string, string>;
  cookies?: readonly string[];
  /** Writes server-sent events, or rows of `contentType`, instead of a body, until it ends the response. */
  stream?: (response: Response) => void;
}

/** Sends a response. By default, caches must not store it: it contains tenants' data and secrets. */
export function sendResponse(
  response: Response,
  { status, body, dataText, contentType, cacheControl = 'no-store', headers, cookies, stream }: ApiResponse,
): void {
  const { requestId, rateLimit } = contextOf(response);
  // `writeHead` would send only the last one.
  if (cookies) response.setHeader('set-cookie', cookies);
  // All headers at once, which costs much less than to set each.
  const all = [...SECURITY_HEADERS, 'x-request-id', requestId, 'cache-control', cacheControl];
  for (const [name, value] of Object.entries(headers ?? {})) all.push(name, value);
  if (rateLimit) all.push(...rateLimitHeaders(rateLimit));
  if (stream) {
    // `x-accel-buffering` keeps nginx from buffering events.
    if (contentType === undefined) all.push('x-accel-buffering', 'no');
    response.writeHead(status, [...all, 'content-type', contentType ?? EVENT_STREAM]);
    stream(response);
    return;
  }
  if (body === null) {
    response.writeHead(status, all).end();
    return;
  }
  const json = JSON.stringify(body);
  const text = dataText === undefined ? json : withDataText(json, dataText);
  all.push(
    'content-type',
    contentType ?? 'application/json',
    'content-length',
    String(Buffer.byteLength(text)),
  );
  response.writeHead(status, all).end(text);
}
