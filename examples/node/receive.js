// Receives events and rejects requests without a valid signature.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET);

createServer(async (request, response) => {
  let event;
  try {
    event = webhook.verify(await text(request), request.headers);
  } catch {
    response.writeHead(400).end();
    return;
  }
  if (event.type === 'webhook.validation') {
    // Echoes the code, which confirms the webhook.
    response.end(JSON.stringify({ code: event.data.code }));
    return;
  }
  console.log(event.id, event.type);
  response.writeHead(204).end();
}).listen(process.env.PORT, () => console.log(`Listening on port ${process.env.PORT}`));
