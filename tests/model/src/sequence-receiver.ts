import { once } from 'node:events';
import { get } from 'node:http';
import { startReceiver } from '@posthorn/testkit';

/** A request to one of the URLs of a sequence. */
export interface SequenceRequest {
  /** The parts of the path after the name of the sequence. */
  path: string[];
  // oxlint-disable-next-line typescript/no-explicit-any -- parsed JSON, as in testkit
  json: any;
  /** The number of the delivery; null without one. */
  number: number | null;
}

/** Returns the status of the response. */
export type RequestHandler = (request: SequenceRequest) => number;

/** One HTTP server for the webhooks of all sequences. Each sequence owns the paths below its name. */
export interface SequenceReceiver {
  url(name: string, ...path: (string | number)[]): string;
  open(name: string, handler: RequestHandler): void;
  /**
   * Resolves once all requests that were sent before are handled. Node accepts one connection per turn of the event loop, in order:
   * on a busy machine, a request over a new connection waits for seconds.
   */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export async function startSequenceReceiver(): Promise<SequenceReceiver> {
  const handlers = new Map<string, RequestHandler>();
  const receiver = await startReceiver({
    handler: (request) => {
      receiver.requests.length = 0;
      const [, name = '', ...path] = request.path.split('/');
      const header = request.headers['webhook-sequence'];
      const number = header === undefined ? null : Number(header);
      return { status: handlers.get(name)?.({ path, json: request.json(), number }) ?? 404 };
    },
  });
  return {
    url: (name, ...path) => new URL([name, ...path].join('/'), receiver.url).href,
    open: (name, handler) => void handlers.set(name, handler),
    async drain() {
      const [response] = await once(get(receiver.url, { agent: false }), 'response');
      response.resume();
      await once(response, 'close');
    },
    close: () => receiver.close(),
  };
}
