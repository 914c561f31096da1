import { createConnection, createServer } from 'node:net';
import { parseServerUrl } from '@posthorn/core';
import { StartError } from './start-error.js';

const CONNECT_TIMEOUT_MS = 5000;

/** @throws StartError when the port is not available */
export function assertPortFree(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new StartError(
          error.code === 'EADDRINUSE'
            ? `port ${port} is in use. Choose another with --port`
            : `cannot listen on port ${port} (${error.code}). Choose another with --port`,
        ),
      ),
    );
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

/**
 * Checks that a server accepts connections.
 *
 * @param variable the environment variable with the URL
 * @throws StartError when it does not, or when the URL is invalid
 */
export function assertReachable(variable: string, url: string, defaultPort: number): Promise<void> {
  const parsed = parseServerUrl(url);
  if (!parsed)
    throw new StartError(
      `${variable} is not a valid URL. Percent-encode special characters of its password: p@ss/word is p%40ss%2Fword`,
    );
  const { hostname, port } = parsed;
  const address = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || defaultPort) };
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      socket.destroy();
      reject(new StartError(`cannot connect to ${variable} at ${address.host}:${address.port}: ${reason}`));
    };
    const socket = createConnection(address, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => fail('timed out after 5 s'));
  });
}
