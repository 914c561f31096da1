import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { isNativeError } from 'node:util/types';

export interface RunningServer {
  /** The port that it really listens on. */
  port: number;
  /** Takes no more connections, finishes what is in flight, closes the rest. */
  stop(): Promise<void>;
}

/** Longer than load balancers keep theirs (60 s), so that it is they who close an idle connection. */
const KEEP_ALIVE_MS = 65_000;

/** For a client to send its headers, and the whole of its request. */
const HEADERS_MS = 15_000;
const REQUEST_MS = 60_000;

/** How often a stopping server looks for connections that fell idle, in milliseconds. */
const SWEEP_MS = 50;

/** @throws Error with one clear line when the port cannot be had */
export async function serve(
  listener: RequestListener,
  { port, host }: { port: number; host: string },
): Promise<RunningServer> {
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
    listener,
  );
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenFault(error, port, host);
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      await closed;
      clearInterval(sweep);
    },
  };
}

function listenFault(error: unknown, port: number, host: string): Error {
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
