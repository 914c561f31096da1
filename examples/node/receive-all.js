// Receives the events of a webhook with sequence numbers, each once and in order. Reads from the feed what did not arrive.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const { PORT, WEBHOOK_SECRET, FEED_URL, FEED_KEY, STATE_FILE } = process.env;
const webhook = new Webhook(WEBHOOK_SECRET);

// The number of the last processed event. In your application, update it in the transaction of the event's effects.
let last = existsSync(STATE_FILE) ? Number(readFileSync(STATE_FILE, 'utf8')) : 0;

function processEvent(sequence, event) {
  console.log(sequence, event.id, event.type);
  last = sequence;
  writeFileSync(STATE_FILE, String(last));
}

async function receive(sequence, event) {
  if (sequence > last + 1) await readFeed();
  // Otherwise it is a repeat, or it was in the feed.
  if (sequence > last) processEvent(sequence, event);
}

/** Processes all events after the last one. */
async function readFeed() {
  for (;;) {
    // At first, the feed begins with the first entry that is left.
    const response = await fetch(last === 0 ? FEED_URL : `${FEED_URL}?after=${last}`, {
      headers: { authorization: `Bearer ${FEED_KEY}` },
    });
    if (!response.ok) throw new Error(await response.text());
    const { entries } = await response.json();
    if (entries.length === 0) return;
    for (const { sequence, headers, body } of entries) {
      if (body === null) throw new Error(`The payload of number ${sequence} has expired`);
      processEvent(sequence, webhook.verify(body, headers));
    }
  }
}

let tasks = Promise.resolve();
/** Runs one task after the other. After a failure, the next request has a gap again. */
function run(task) {
  tasks = tasks.then(task).catch(console.error);
}

run(readFeed);
createServer(async (request, response) => {
  let event;
  try {
    event = webhook.verify(await text(request), request.headers);
  } catch {
    response.writeHead(400).end();
    return;
  }
  if (event.type === 'webhook.validation') {
    response.end(JSON.stringify({ code: event.data.code }));
    return;
  }
  const sequence = request.headers['webhook-sequence'];
  if (sequence === undefined) console.error(`Ignored ${event.id}: it has no number`);
  else run(() => receive(Number(sequence), event));
  response.writeHead(204).end();
}).listen(PORT, () => console.error(`Listening on port ${PORT}`));
