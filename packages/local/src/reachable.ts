import { createConnection, createServer } from 'node:net';
import { parseUrl } from '@posthorn/core';
import { StartError } from './start-error.js';

const CONNECT_TIMEOUT_MS = 5000;

/** @throws StartError when nothing can listen on the port */
export function assertPortFree(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new StartError(
          error.code === 'EADDRINUSE'
            ? `port ${port} is in use: choose another with --port`
            : `cannot listen on port ${port} (${error.code}): choose another with --port`,
        ),
      ),
    );
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

/**
 * A quick look whether a server listens there.
 *
 * @param variable the one that names the server
 * @throws StartError when it does not, or when the URL is none
 */
export function assertReachable(variable: string, url: string, defaultPort: number): Promise<void> {
  const parsed = parseUrl(url);
  if (!parsed) throw new StartError(`${variable} is not a URL`);
  const { hostname, port } = parsed;
  const address = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || defaultPort) };
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      socket.destroy();
      reject(new StartError(`nothing answers at ${variable}, ${address.host}:${address.port} (${why})`));
    };
    const socket = createConnection(address, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => fail('no answer in 5 s'));
  });
}
