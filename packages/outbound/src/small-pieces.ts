import type { Socket } from 'node:net';

/** In bytes. An interim response has 25 or more. */
const PIECE = 4096;

/**
 * Splits what a connection reads at once, up to 64 KB, into small pieces. Node parses a piece as a whole, with thousands of interim responses
 * (1xx) in it, although the first ones have ended the request and the connection.
 */
export function readInSmallPieces<Connection extends Socket>(connection: Connection): Connection {
  const push = connection.push.bind(connection);
  connection.push = (chunk: unknown, encoding) => {
    if (!Buffer.isBuffer(chunk) || chunk.length <= PIECE) return push(chunk, encoding);
    let wantsMore = true;
    for (let start = 0; start < chunk.length && !connection.destroyed; start += PIECE)
      wantsMore = push(chunk.subarray(start, start + PIECE));
    return wantsMore;
  };
  return connection;
}
