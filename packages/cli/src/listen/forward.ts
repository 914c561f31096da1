import { parseUrl } from '@posthorn/core';
import { InvalidArgumentError } from 'commander';
import type { ListenerResponse, ReceivedRequest } from './listen-server.js';

/** The result of forwarding: the status of the response, or why there was none. */
export type Forwarded = { status: number; durationMs: number } | { error: string; durationMs: number };

/** Headers of a single connection, or set by fetch. */
const NOT_FORWARDED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Response headers that Posthorn uses. */
const RETURNED = new Set(['content-type', 'retry-after']);

/** Parses `http://…`, `localhost:3000/hook` or a port. */
export function forwardTarget(value: string): URL {
  if (/^\d+$/.test(value)) return new URL(`http://localhost:${value}/`);
  const url = parseUrl(/^https?:\/\//.test(value) ? value : `http://${value}`);
  if (!url) throw new InvalidArgumentError('Must be a URL or a local port.');
  return url;
}

/** Forwards a request and returns its response, or 502 if there is none. */
export async function forward(
  target: URL,
  { headers, body, signal }: ReceivedRequest,
): Promise<{ forwarded: Forwarded; response: ListenerResponse }> {
  const startedAt = performance.now();
  const sinceStart = () => Math.round(performance.now() - startedAt);
  try {
    const received = await fetch(target, {
      method: 'POST',
      headers: forwardedHeaders(headers),
      body: new Uint8Array(body),
      redirect: 'manual',
      signal,
    });
    const response = {
      status: received.status,
      headers: Object.fromEntries([...received.headers].filter(([name]) => RETURNED.has(name))),
      body: new Uint8Array(await received.arrayBuffer()),
    };
    return { forwarded: { status: received.status, durationMs: sinceStart() }, response };
  } catch (error) {
    const reason = signal.aborted ? 'timed out: Posthorn closed the request' : errorMessage(error);
    return {
      forwarded: { error: reason, durationMs: sinceStart() },
      response: { status: 502, body: `posthorn listen: ${reason}` },
    };
  }
}

function forwardedHeaders(headers: ReceivedRequest['headers']): [string, string][] {
  return Object.entries(headers)
    .filter(([name]) => !NOT_FORWARDED.has(name))
    .map(([name, value]) => [name, String(value)]);
}

/** Returns the innermost message: fetch puts the reason in the cause. */
function errorMessage(error: unknown): string {
  if (error instanceof AggregateError) return errorMessage(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : errorMessage(error.cause);
}
