import { startReceiver } from '@posthorn/testkit';

/** A request to one of the URLs of a sequence. */
export interface Request {
  /** What follows the name of the sequence in the path. */
  place: string[];
  // oxlint-disable-next-line typescript/no-explicit-any -- as the receiver of testkit gives it
  json: any;
}

/** Answers the status to answer with. */
export type Answering = (request: Request) => number;

/** One server for the receivers of all sequences; a sequence has the paths under its name. */
export interface Endpoints {
  url(name: string, ...place: (string | number)[]): string;
  open(name: string, answering: Answering): void;
  close(): Promise<void>;
}

export async function openEndpoints(): Promise<Endpoints> {
  const bySequence = new Map<string, Answering>();
  const receiver = await startReceiver({
    handler: ({ path, json }) => {
      receiver.requests.length = 0;
      const [, name = '', ...place] = path.split('/');
      return { status: bySequence.get(name)?.({ place, json: json() }) ?? 404 };
    },
  });
  return {
    url: (name, ...place) => new URL([name, ...place].join('/'), receiver.url).href,
    open: (name, answering) => void bySequence.set(name, answering),
    close: () => receiver.close(),
  };
}
