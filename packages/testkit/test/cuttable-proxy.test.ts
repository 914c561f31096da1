import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { startCuttableProxy } from '../src/index.js';

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
