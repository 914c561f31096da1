import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan {
  service: string;
  name: string;
  /** OTLP's numbers: 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  attributes: Record<string, unknown>;
  failed: boolean;
}

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}

type OtlpSpan = Pick<CollectedSpan, 'name' | 'kind' | 'traceId' | 'spanId'> & {
  parentSpanId?: string;
  attributes: Attribute[];
  status: { code?: number };
};

interface OtlpRequest {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

/** A collector for spans: OTLP over HTTP, as JSON. */
export interface SpanCollector {
  url: string;
  /** The received requests, unparsed. */
  bodies: string[];
  ofTrace(traceId: string): CollectedSpan[];
  close(): Promise<void>;
}

export async function startSpanCollector(): Promise<SpanCollector> {
  const bodies: string[] = [];
  const server = createServer((request, response) => void take(request, response)).listen(0, '127.0.0.1');
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    if (request.url === '/v1/traces') bodies.push(body);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    ofTrace: (traceId) => bodies.flatMap(readSpans).filter((span) => span.traceId === traceId),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function readSpans(body: string): CollectedSpan[] {
  const { resourceSpans }: OtlpRequest = JSON.parse(body);
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => toSpan(service, span)));
  });
}

function toSpan(
  service: string,
  { name, kind, traceId, spanId, parentSpanId = '', attributes, status }: OtlpSpan,
) {
  return {
    service,
    name,
    kind,
    traceId,
    spanId,
    parentSpanId,
    attributes: valuesOf(attributes),
    failed: status.code === 2,
  };
}

const valuesOf = (attributes: Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
