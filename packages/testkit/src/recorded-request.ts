import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';

/** A request that a receiver got. */
export interface RecordedRequest {
  method: string;
  /** With the query string. */
  path: string;
  headers: Record<string, string>;
  /** The exact text that the signature covers. */
  body: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read any field
  json(): any;
  /** When the whole request had arrived, in milliseconds since 1970. */
  at: number;
  /** When its headers had arrived, in milliseconds of the monotonic clock (`performance.now()`). */
  startedAt: number;
  /** Equal for requests on the same connection. */
  connection: number | undefined;
  /** The SHA-256 of the client certificate; null without. */
  clientCertificate: string | null;
  /** Whether the connection was closed before the response was sent. */
  isAborted(): boolean;
}

export async function recordRequest(request: IncomingMessage): Promise<RecordedRequest> {
  const startedAt = performance.now();
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
    startedAt,
    connection: request.socket.remotePort,
    clientCertificate: fingerprintOf(request),
    isAborted: () => request.socket.destroyed,
  };
}

function fingerprintOf({ socket }: IncomingMessage): string | null {
  // Without a certificate, Node returns an empty object.
  return socket instanceof TLSSocket ? (socket.getPeerX509Certificate()?.fingerprint256 ?? null) : null;
}
