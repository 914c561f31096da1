import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import type { Express } from 'express';
import { messageClasses } from './http/message-classes.js';

export interface RunningServer {
  /** The port that it really listens on. */
  port: number;
  /**
   * Goes on for `drainMs`, asking every client to close its connection; then takes no more connections, finishes what is in
   * flight, and cuts off what has not ended `withinMs` after the call.
   */
  stop(options?: { drainMs?: number; withinMs?: number }): Promise<void>;
}

/** Longer than load balancers keep theirs (60 s), so that it is they who close an idle connection. */
const KEEP_ALIVE_MS = 65_000;

/** For a client to send its headers, and the whole of its request. */
const HEADERS_MS = 15_000;
const REQUEST_MS = 60_000;

/** How long requests may take to end once the server stops, in milliseconds. */
const STOP_WITHIN_MS = 30_000;

/** How often a stopping server looks for connections that fell idle, in milliseconds. */
const SWEEP_MS = 50;

/** @throws Error with one clear line when the port cannot be had */
export async function serve(
  app: Express,
  { port, host }: { port: number; host: string },
): Promise<RunningServer> {
  let draining = false;
  const server = createServer(
    {
      ...messageClasses(app),
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
    },
    (request, response) => {
      if (draining) response.setHeader('connection', 'close');
      app(request, response);
    },
  );
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error, port, host);
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async stop({ drainMs = 0, withinMs = STOP_WITHIN_MS } = {}) {
      const cut = setTimeout(() => server.closeAllConnections(), withinMs);
      draining = true;
      await sleep(Math.min(drainMs, withinMs));
      const closed = once(server, 'close');
      server.close();
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      await closed;
      clearInterval(sweep);
      clearTimeout(cut);
    },
  };
}

function listenError(error: unknown, port: number, host: string): Error {
  const code = isNativeError(error) && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new Error(`port ${port} is in use: choose another with POSTHORN_PORT`, { cause: error });
    case 'EACCES':
      return new Error(`port ${port} may not be used by this user: choose another with POSTHORN_PORT`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Error(`${host} is not an address of this machine: see POSTHORN_HOST`, { cause: error });
    default:
      return isNativeError(error) ? error : new Error(String(error));
  }
}
