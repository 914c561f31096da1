import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { connect, type Socket } from 'node:net';
import { type SequenceReceiver, startSequenceReceiver } from '../src/sequence-receiver.js';

let receiver: SequenceReceiver;
let sockets: Socket[] = [];
beforeEach(async () => {
  receiver = await startSequenceReceiver();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await receiver.close();
});

it('waits on drain for the requests of all connections that were opened before, however many', async () => {
  let handled = 0;
  receiver.open('sequence', () => {
    handled += 1;
    return 200;
  });
  const { hostname, port, pathname } = new URL(receiver.url('sequence'));
  sockets = Array.from({ length: 50 }, () => connect(Number(port), hostname));
  for (const socket of sockets)
    socket.write(`POST ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-length: 2\r\n\r\n{}`);

  await receiver.drain();

  expect(handled).toBe(sockets.length);
});
