import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { RequestHandler } from 'express';
import { openApiDocument } from '@posthorn/contract';

interface Document {
  etag: string;
  plain: Buffer;
  zipped: Buffer;
}

/** Returns the handler that sends the OpenAPI document, compressed if the client accepts it. Caches ask for changes each time. */
export function sendOpenApi(version: string): RequestHandler {
  // Built on the first request: it takes longer than the rest of the start.
  let document: Document | undefined;
  return (request, response) => {
    document ??= buildDocument(version);
    const isZipped = request.acceptsEncodings('gzip', 'identity') === 'gzip';
    // The representations differ, so they have different tags.
    const etag = isZipped ? `"${document.etag}-gzip"` : `"${document.etag}"`;
    response.set({ etag, 'cache-control': 'public, no-cache', vary: 'accept-encoding' });
    if (isZipped) response.set('content-encoding', 'gzip');
    // Sends 304 if the client has this tag.
    response.type('application/json').send(isZipped ? document.zipped : document.plain);
  };
}

function buildDocument(version: string): Document {
  const plain = Buffer.from(JSON.stringify(openApiDocument(version)));
  const etag = createHash('sha256').update(plain).digest('base64url').slice(0, TAG_LENGTH);
  return { etag, plain, zipped: gzipSync(plain) };
}

const TAG_LENGTH = 22;
