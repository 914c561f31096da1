// Receives the events of a webhook with sequence numbers, each once and in order. Reads from the feed what did not arrive.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';

const { PORT, WEBHOOK_SECRET, FEED_URL, FEED_KEY, STATE_FILE } = process.env;
const webhook = new Webhook(WEBHOOK_SECRET);

const TIMEOUT_MS = 10_000;
const PAUSE_MS = 2000;

// The number of the last processed event. In your application, update it in the transaction of the event's effects.
let last = existsSync(STATE_FILE) ? Number(readFileSync(STATE_FILE, 'utf8')) : 0;

function processEvent(sequence, event) {
  console.log(sequence, event.id, event.type);
  last = sequence;
  writeFileSync(STATE_FILE, String(last));
}

async function receive(sequence, event) {
  if (sequence > last + 1) await catchUp();
  // Otherwise it is a repeat, or it was in the feed.
  if (sequence > last) processEvent(sequence, event);
}

/** Processes all events after the last one. Repeats what failed after a pause; later events wait meanwhile. */
async function catchUp() {
  for (;;) {
    try {
      await readFeed();
      return;
    } catch (error) {
      console.error('Cannot read the feed:', error);
      await sleep(PAUSE_MS);
    }
  }
}

async function readFeed() {
  for (;;) {
    // At first, the feed begins with the first entry that is left.
    const response = await fetch(last === 0 ? FEED_URL : `${FEED_URL}?after=${last}`, {
      headers: { authorization: `Bearer ${FEED_KEY}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
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
/** Runs one task after the other. */
function run(task) {
  const result = tasks.then(task);
  tasks = result.catch(console.error);
  return result;
}

void run(catchUp);
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
  if (sequence === undefined) {
    console.error(`Ignored ${event.id}: it has no number`);
    response.writeHead(204).end();
    return;
  }
  // What is not processed is sent again.
  const status = await run(() => receive(Number(sequence), event)).then(
    () => 204,
    () => 500,
  );
  response.writeHead(status).end();
}).listen(PORT, () => console.error(`Listening on port ${PORT}`));
