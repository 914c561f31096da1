// A receiver in a process of its own: answers 200 and counts. Told `{expect: n}`, it says when n different deliveries have
// arrived since, and when the first one did.
import { createServer } from 'node:http';

let expected = Number.POSITIVE_INFINITY;
let firstAt = 0;
let duplicates = 0;
const seen = new Set<string>();

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.end('ok');
    count(String(request.headers['webhook-id']));
  });
});

function count(id: string): void {
  if (seen.size === 0) firstAt = Date.now();
  if (seen.has(id)) duplicates += 1;
  seen.add(id);
  if (seen.size === expected) process.send?.({ type: 'all', firstAt, lastAt: Date.now(), duplicates });
}

process.on('message', ({ expect }: { expect: number }) => {
  expected = expect;
  seen.clear();
  duplicates = 0;
  process.send?.({ type: 'expecting' });
});
process.on('disconnect', () => process.exit());

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ type: 'listening', port: typeof address === 'object' && address ? address.port : 0 });
});
