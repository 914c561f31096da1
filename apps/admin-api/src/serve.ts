import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import type { Express } from 'express';
import { Deadline, type Part, stopOnce } from '@posthorn/core';
import { messageClasses } from './http/message-classes.js';

export interface RunningServer extends Part {
  /** The port it listens on. */
  port: number;
  /**
   * Serves for another `drainMs` while asking clients to close their connections. Then accepts no more connections, finishes
   * the requests in flight, and cuts off those that have not ended at the deadline (default: 30 s from now).
   */
  stop(deadline?: Deadline): Promise<void>;
}

export interface ServerOptions {
  host: string;
  /** 0 for any free port. */
  port: number;
  drainMs?: number;
}

/** Longer than the 60 s of common load balancers, so that they close idle connections first. */
const KEEP_ALIVE_MS = 65_000;

const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** How often a stopping server closes connections that became idle, in milliseconds. */
const SWEEP_INTERVAL_MS = 50;

/** Starts the HTTP server. @throws Error with one clear line if it cannot listen */
export async function serve(
  app: Express,
  { port, host, drainMs = 0 }: ServerOptions,
): Promise<RunningServer> {
  let draining = false;
  const server = createServer(
    {
      ...messageClasses(app),
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
    },
    (request, response) => {
      if (draining) response.setHeader('connection', 'close');
      app(request, response);
    },
  );
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error, port, host);
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    stop: stopOnce(async (deadline: Deadline = new Deadline(STOP_TIMEOUT_MS)) => {
      const cutOff = setTimeout(() => server.closeAllConnections(), deadline.remainingMs);
      draining = true;
      await sleep(Math.min(drainMs, deadline.remainingMs));
      const closed = once(server, 'close');
      server.close();
      const sweep = setInterval(() => {
        server.closeIdleConnections();
        // Node does not count these as idle. Browsers and proxies open connections in advance.
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      }, SWEEP_INTERVAL_MS);
      await closed;
      clearInterval(sweep);
      clearTimeout(cutOff);
    }),
  };
}

function listenError(error: unknown, port: number, host: string): Error {
  const code = isNativeError(error) && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new Error(`port ${port} is in use: set POSTHORN_PORT to another port`, { cause: error });
    case 'EACCES':
      return new Error(`no permission to use port ${port}: set POSTHORN_PORT to another port`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Error(`${host} is not an address of this machine: check POSTHORN_HOST`, { cause: error });
    default:
      return isNativeError(error) ? error : new Error(String(error));
  }
}
