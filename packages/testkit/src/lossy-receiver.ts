import type { RecordedRequest } from './recorded-request.js';
import { type Receiver, startReceiver } from './receiver.js';

const LOST_EVERY = 10;

/** Starts a receiver that passes requests on to the one at `url`. It loses every tenth event after it responded with 200. */
export async function startLossyReceiver(url: string): Promise<Receiver> {
  let events = 0;
  return startReceiver({
    handler: async (request) => {
      if (request.json().type !== 'webhook.validation') events += 1;
      if (events > 0 && events % LOST_EVERY === 0) return { status: 200 };
      const response = await passOn(request, url);
      return { status: response.status, body: await response.text() };
    },
  });
}

/** Sends a request to another receiver. */
export function passOn({ headers, body }: RecordedRequest, url: string): Promise<Response> {
  const passed = Object.entries(headers).filter(([name]) => /^(?:webhook-|content-type$)/.test(name));
  return fetch(url, { method: 'POST', headers: Object.fromEntries(passed), body });
}
