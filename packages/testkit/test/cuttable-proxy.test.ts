import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { eventually, startCuttableProxy } from '../src/index.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Starts a server and returns its URL. */
async function serve(respond: (socket: Socket) => void): Promise<string> {
  const server = createServer(respond);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return `redis://127.0.0.1:${port}`;
}

it('buffers data silently while it is cut and forwards it afterwards', async () => {
  const proxy = await startCuttableProxy(await serve((socket) => socket.pipe(socket)));
  const client = createConnection(Number(new URL(proxy.url).port), '127.0.0.1');
  let received = '';
  client.on('data', (data) => (received += String(data)));

  client.write('before');
  await once(client, 'data');
  proxy.cut();
  client.write(' during');
  await sleep(100);
  expect(received).toBe('before');
  expect(client.readyState).toBe('open');

  proxy.heal();
  await once(client, 'data');
  expect(received).toBe('before during');
  client.destroy();
  await proxy.close();
});

it('closes its connections when it is redirected, and connects new ones to the other server', async () => {
  const proxy = await startCuttableProxy(await serve((socket) => socket.write('first')));
  const port = Number(new URL(proxy.url).port);
  const before = createConnection(port, '127.0.0.1');
  expect(String(await once(before, 'data'))).toBe('first');
  const closed = once(before, 'close');

  proxy.redirect(await serve((socket) => socket.write('second')));
  await closed;
  const after = createConnection(port, '127.0.0.1');
  expect(String(await once(after, 'data'))).toBe('second');
  after.destroy();
  await proxy.close();
});

/** Returns a client of a proxy, and what it has received. */
function connectTo(proxyUrl: string) {
  const socket = createConnection(Number(new URL(proxyUrl).port), '127.0.0.1');
  const client = { socket, received: '' };
  socket.on('data', (data) => (client.received += String(data)));
  return client;
}

it('stalls the connection that sends a text, right after the server got it, until it is resumed', async () => {
  let atServer = '';
  const proxy = await startCuttableProxy(
    await serve((socket) => socket.on('data', (data) => socket.write((atServer += String(data))))),
  );
  const [client, other] = [connectTo(proxy.url), connectTo(proxy.url)];
  const stalled = proxy.stallAfter('COMMIT');
  client.socket.write('COMMIT;');
  const connection = await stalled;
  other.socket.write('other');
  await eventually(() => expect([atServer, other.received]).toEqual(['COMMIT;other', 'COMMIT;other']));
  expect([client.received, client.socket.readyState]).toEqual(['', 'open']);

  connection.resume();
  await eventually(() => expect(client.received).toBe('COMMIT;'));
  for (const { socket } of [client, other]) socket.destroy();
  await proxy.close();
});

it('forwards only new connections after it has vanished', async () => {
  const proxy = await startCuttableProxy(await serve((socket) => socket.pipe(socket)));
  const before = connectTo(proxy.url);
  before.socket.write('before');
  await eventually(() => expect(before.received).toBe('before'));
  proxy.vanish();
  before.socket.write('lost');
  const after = connectTo(proxy.url);
  after.socket.write('after');
  await eventually(() => expect(after.received).toBe('after'));
  expect([before.received, before.socket.readyState]).toEqual(['before', 'open']);
  for (const { socket } of [before, after]) socket.destroy();
  await proxy.close();
});
