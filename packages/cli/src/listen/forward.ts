import { parseUrl } from '@posthorn/core';
import { InvalidArgumentError } from 'commander';
import type { ListenerResponse, ReceivedRequest } from './listen-server.js';

/** What a local program made of a request: its answer, or why there is none. */
export type Forwarded = { status: number; durationMs: number } | { error: string; durationMs: number };

/** What belongs to one connection, or is written anew for the next. */
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

/** What Posthorn heeds or keeps of an answer. */
const PASSED_BACK = new Set(['content-type', 'retry-after']);

/** `http://…`, `localhost:3000/hook`, or the port alone. */
export function forwardTarget(value: string): URL {
  if (/^\d+$/.test(value)) return new URL(`http://localhost:${value}/`);
  const url = parseUrl(/^https?:\/\//.test(value) ? value : `http://${value}`);
  if (!url) throw new InvalidArgumentError('It must be a URL, or a port of this machine.');
  return url;
}

/** Sends the same request on, and gives the answer back as it is. Without one it is 502. */
export async function forward(
  target: URL,
  { headers, body, signal }: ReceivedRequest,
): Promise<{ forwarded: Forwarded; answer: ListenerResponse }> {
  const startedAt = performance.now();
  const sinceStart = () => Math.round(performance.now() - startedAt);
  try {
    const response = await fetch(target, {
      method: 'POST',
      headers: forwardedHeaders(headers),
      body: new Uint8Array(body),
      redirect: 'manual',
      signal,
    });
    const answer = {
      status: response.status,
      headers: Object.fromEntries([...response.headers].filter(([name]) => PASSED_BACK.has(name))),
      body: new Uint8Array(await response.arrayBuffer()),
    };
    return { forwarded: { status: response.status, durationMs: sinceStart() }, answer };
  } catch (error) {
    const reason = signal.aborted ? 'no answer before Posthorn gave up' : errorMessage(error);
    return {
      forwarded: { error: reason, durationMs: sinceStart() },
      answer: { status: 502, body: `posthorn listen: ${reason}` },
    };
  }
}

function forwardedHeaders(headers: ReceivedRequest['headers']): [string, string][] {
  return Object.entries(headers)
    .filter(([name]) => !NOT_FORWARDED.has(name))
    .map(([name, value]) => [name, String(value)]);
}

/** Of fetch the cause says more. */
function errorMessage(error: unknown): string {
  if (error instanceof AggregateError) return errorMessage(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : errorMessage(error.cause);
}
