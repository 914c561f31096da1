import { setTimeout as sleep } from 'node:timers/promises';
import { type Receiver, startReceiver } from '@posthorn/testkit';

/** One request for an event. Times are in milliseconds of this process's monotonic clock. */
export interface Arrival {
  eventId: string;
  /** When its headers had arrived. */
  startedAt: number;
  /** When it got a 2xx; null if it was rejected or its connection broke before that. */
  acceptedAt: number | null;
  /** The number of its delivery; null without one. */
  sequence: number | null;
}

/** A receiver that validates itself and records the arrivals of each event. */
export interface EventReceiver extends Pick<
  Receiver,
  'url' | 'inFlight' | 'disconnect' | 'reconnect' | 'close'
> {
  /** By the number of the event. */
  arrivals: Map<number, Arrival[]>;
}

export interface EventReceiverOptions {
  /** Returns the time until the response, in milliseconds. */
  latencyMs: () => number;
  /** Returns whether this request gets a 503. */
  fails?: () => boolean;
}

export async function startEventReceiver({
  latencyMs,
  fails = () => false,
}: EventReceiverOptions): Promise<EventReceiver> {
  const arrivals = new Map<number, Arrival[]>();
  const receiver = await startReceiver({
    async handler(request) {
      // Arrivals hold all that is needed.
      receiver.requests.length = 0;
      const { id, type, data } = request.json();
      if (type === 'webhook.validation') return { body: JSON.stringify({ code: data.code }) };
      const number = request.headers['webhook-sequence'];
      const arrival: Arrival = {
        eventId: id,
        startedAt: request.startedAt,
        acceptedAt: null,
        sequence: number === undefined ? null : Number(number),
      };
      arrivals.set(data.n, [...(arrivals.get(data.n) ?? []), arrival]);
      await sleep(latencyMs());
      // A sender that closes its connection does not undo the event; a receiver that goes down loses it.
      if (request.isAborted() && !receiver.isConnected()) return 'hang';
      if (fails()) return { status: 503 };
      arrival.acceptedAt = performance.now();
      return { body: 'ok' };
    },
  });
  const { url, inFlight, disconnect, reconnect, close } = receiver;
  return { url, inFlight, disconnect, reconnect, close, arrivals };
}
