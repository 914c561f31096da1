import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createServer as createSocksServer } from '@pondwader/socks5-server';
import { RequestError, Server, type HttpServerOptions } from 'proxy-chain';

export interface EgressProxy {
  port: number;
  /** What it was asked to connect to: `host:port`, in order. */
  targets: string[];
  /** The number of connections to it. */
  connectionCount(): number;
  close(): Promise<void>;
}

export interface ProxyOptions {
  username?: string;
  password?: string;
  /** Called with the target. Throw to reject it. */
  onTarget?: (target: string) => void;
  tls?: { key: string; cert: string };
  /** 0, the default, picks a free port. Only of an HTTP proxy. */
  port?: number;
}

/** Starts an HTTP proxy. */
export async function startHttpProxy({
  username = '',
  password = '',
  onTarget,
  tls,
  port = 0,
}: ProxyOptions = {}): Promise<EgressProxy> {
  const targets: string[] = [];
  let connections = 0;
  const options: HttpServerOptions = {
    port,
    host: '127.0.0.1',
    prepareRequestFunction(request) {
      const requestAuthentication = request.username !== username || request.password !== password;
      if (requestAuthentication) return { requestAuthentication };
      const target = `${request.hostname}:${request.port}`;
      targets.push(target);
      onTarget?.(target);
      return {};
    },
  };
  const server = new Server(tls ? { ...options, serverType: 'https', httpsOptions: tls } : options);
  server.server.on('connection', () => {
    connections += 1;
  });
  await server.listen();
  return {
    port: server.port,
    targets,
    connectionCount: () => connections,
    close: () => server.close(true),
  };
}

/** Returns an `onTarget` that has an HTTP proxy respond with a status. */
export const rejectTarget = (status: number, headers?: Record<string, string>) => (): never => {
  throw new RequestError('no', status, headers);
};

/** Starts a SOCKS5 proxy. */
export async function startSocksProxy({
  username,
  password,
  onTarget,
}: ProxyOptions = {}): Promise<EgressProxy> {
  const targets: string[] = [];
  const sockets: Socket[] = [];
  let connections = 0;
  const server = createSocksServer();
  if (username !== undefined)
    server.setAuthHandler(
      (connection) => connection.username === username && connection.password === password,
    );
  server.setRulesetValidator((connection) => {
    const target = `${connection.destAddress}:${connection.destPort}`;
    targets.push(target);
    try {
      onTarget?.(target);
      return true;
    } catch {
      return false;
    }
  });
  server.setConnectionHandler((connection, sendStatus) => {
    const target = connect(connection.destPort, connection.destAddress);
    sockets.push(target);
    target.once('connect', () => {
      sendStatus('REQUEST_GRANTED');
      target.pipe(connection.socket).pipe(target);
    });
    target.once('error', () => {
      sendStatus('CONNECTION_REFUSED');
      connection.socket.destroy();
    });
    connection.socket.on('error', () => target.destroy());
    connection.socket.on('close', () => target.destroy());
  });
  const tcp = createServer((socket) => {
    connections += 1;
    sockets.push(socket);
    // oxlint-disable-next-line no-underscore-dangle -- how its documentation names it
    server._handleConnection(socket);
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const address = tcp.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    targets,
    connectionCount: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}
