import type { Readable } from 'node:stream';
import { PosthornError } from '@posthorn/core';

/** A number of bytes within each window. */
export interface UploadSpeed {
  bytes: number;
  windowMs: number;
}

interface ReceiveOptions {
  /** Called for each chunk with the number of bytes so far. An error that it throws ends the upload. */
  onBytes: (length: number) => void;
  /** A slower upload ends with an error. */
  slowest: UploadSpeed;
}

/**
 * Receives a body. Allocates memory only for bytes that have arrived. After an error, the rest of the body is discarded as it
 * arrives, so that the client can read the response.
 *
 * @throws PosthornError `request_timeout` if the upload is too slow, `invalid_json` if the client disconnects
 */
export function receiveBytes(body: Readable, { onBytes, slowest }: ReceiveOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let lengthAtCheck = 0;
    const timer = setInterval(checkSpeed, slowest.windowMs);

    function stop(): void {
      clearInterval(timer);
      body.off('data', receive).off('end', finish).off('close', abort).off('error', abort);
    }
    function fail(error: unknown): void {
      stop();
      chunks.length = 0;
      body.on('error', () => {}).resume();
      reject(error);
    }
    function receive(chunk: Buffer): void {
      chunks.push(chunk);
      length += chunk.length;
      try {
        onBytes(length);
      } catch (error) {
        fail(error);
      }
    }
    function checkSpeed(): void {
      if (length - lengthAtCheck < slowest.bytes) fail(new PosthornError('request_timeout'));
      lengthAtCheck = length;
    }
    function finish(): void {
      stop();
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length));
    }
    function abort(cause?: unknown): void {
      fail(new PosthornError('invalid_json', { detail: 'The body is incomplete', cause }));
    }

    if (body.destroyed) abort();
    else body.on('data', receive).on('end', finish).on('close', abort).on('error', abort);
  });
}
