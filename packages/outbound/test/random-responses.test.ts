// For any bytes of a receiver there is an outcome in time, and it can be stored.
import { afterEach, expect, it } from '@jest/globals';
import { fuzzRuns } from '@posthorn/testkit';
import * as fc from 'fast-check';
import { closeSenders, loopbackSender, post } from './support/senders.js';
import { startRawServer, type RawServer } from './support/raw-server.js';

let server: RawServer | undefined;
afterEach(async () => {
  await closeSenders();
  await server?.close();
});

/** Valid and malformed parts of responses, in any order. */
const part = fc.oneof(
  fc
    .constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 204 None\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.0 304\r\n',
      'HTTP/1.1 101 Switch\r\n',
      'content-length: 3\r\n',
      'content-length: 99999\r\n',
      'transfer-encoding: chunked\r\n',
      'transfer-encoding: gzip, chunked\r\n',
      'content-encoding: br\r\n',
      'connection: close\r\n',
      'connection: upgrade\r\nupgrade: h2c\r\n',
      'retry-after: Thu, 99 Foo 9999\r\n',
      'location: http://127.0.0.1:1/\r\n',
      'set-cookie: a=b\r\n',
      '\r\n',
      '\n',
      '\r',
      'abc',
      '3\r\na\0c\r\n',
      '0\r\n\r\n',
      'ffffffff\r\n',
      ': \r\n',
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);

/** Half of the responses start with a valid status line. */
const anyResponse = fc
  .tuple(fc.boolean(), fc.array(part, { maxLength: 12 }))
  .map(([isValid, parts]) => Buffer.concat(isValid ? [Buffer.from('HTTP/1.1 200 OK\r\n'), ...parts] : parts));

it('any response has an outcome in time', async () => {
  let bytes = Buffer.alloc(0);
  let closes = true;
  server = await startRawServer(async ({ socket, requests, closed }) => {
    for (let count = 1; !socket.destroyed; count += 1) {
      await Promise.race([requests(count), closed]);
      if (closes) socket.end(bytes);
      else socket.write(bytes);
    }
  });
  const sender = loopbackSender();
  const request = post(`http://127.0.0.1:${server.port}/`, { timeoutMs: 150 });
  await fc.assert(
    fc.asyncProperty(anyResponse, fc.boolean(), async (response, closesAfter) => {
      bytes = response;
      closes = closesAfter;
      const outcome = await sender.send(request);
      if (outcome.kind === 'response') {
        expect(outcome.status).toBeGreaterThanOrEqual(0);
        expect(outcome.status).toBeLessThan(1000);
        expect(outcome.body).not.toContain('\0');
        expect(Buffer.byteLength(outcome.body)).toBeLessThanOrEqual(3 * 1024);
      } else {
        expect(outcome).toMatchObject({
          kind: 'failure',
          code: expect.stringMatching(/^(timeout|connection_reset|invalid_response)$/),
          message: expect.stringMatching(/^(?:The|Connecting to the receiver) [\x20-\x7e]+$/),
        });
      }
    }),
    { numRuns: fuzzRuns(150) },
  );
});
