import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { startCuttableProxy } from '../src/index.js';

it('buffers data silently while it is cut and forwards it afterwards', async () => {
  const echo = createServer((socket) => socket.pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const { port } = echo.address() as { port: number };
  const proxy = await startCuttableProxy(`redis://127.0.0.1:${port}`);
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
  echo.close();
});
