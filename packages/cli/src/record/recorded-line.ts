import { compareBody, REPORTED, fieldErrors } from '@posthorn/contract';
import { errorText } from '@posthorn/core';
import type { RecordedLine } from '../compare/read-recordings.js';
import type { ReceivedRequest } from '../listen/listen-server.js';
import type { EventSource } from './event-source.js';
import { type DefaultWebhook, webhookIn } from './recorder-path.js';

/** Returns the line that records a request, or why it cannot be recorded. */
export function recordedLine(
  { path, headers: received, body: bytes }: Pick<ReceivedRequest, 'path' | 'headers' | 'body'>,
  { webhook, eventOf }: { webhook: DefaultWebhook; eventOf: EventSource },
): RecordedLine | { problem: string } {
  const named = webhookIn(path);
  if (named === null) return { problem: 'the path must be /, /WEBHOOK or /TENANT/WEBHOOK' };
  const body = utf8(bytes);
  if (body === null) return { problem: 'the body is not UTF-8' };
  const headers = Object.fromEntries(Object.entries(received).map(([name, value]) => [name, String(value)]));
  const event = eventOf(headers, body);
  if (event === null) return { problem: 'the request has no id of its event: see --event' };
  const request = compareBody.safeParse({ event, headers, body }, REPORTED);
  if (!request.success) return { problem: fieldErrors(request.error).map(errorText).join('; ') };
  return { ...webhook, ...named, ...request.data };
}

/** Returns null for bytes that are not UTF-8. */
function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
