// A receiver that accepts every request, confirms validations, and prints the body of each request as one line.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const server = createServer((request, response) => void respond(request, response));
server.listen(8000);
process.on('SIGTERM', () => process.exit(0));

async function respond(request, response) {
  const body = await text(request);
  console.log(body);
  const { type, data } = JSON.parse(body);
  response.end(JSON.stringify(type === 'webhook.validation' ? { code: data.code } : {}));
}
