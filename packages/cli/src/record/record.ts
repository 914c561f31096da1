import { stopRequests } from '@posthorn/local';
import { openResumable, type ResumableFile } from '../files/resumable-file.js';
import { reachableHost } from '../listen/listen.js';
import { type ListenerResponse, type ReceivedRequest, startListenServer } from '../listen/listen-server.js';
import type { Output } from '../output/output.js';
import { printable } from '../output/style.js';
import { type EventSource, eventSource } from './event-source.js';
import { recordedLine } from './recorded-line.js';
import type { DefaultWebhook } from './recorder-path.js';
import { RECORDING } from './recording-file.js';

export interface RecordFlags extends DefaultWebhook {
  /** Default: `body:/id`. */
  event?: EventSource;
  host?: string;
  /** Default: any free port. */
  port?: number;
}

const PROGRESS_EVERY = 100;

/** Records requests of another system in a file until the user stops it. A request is answered when its line is in the file. */
export async function record(path: string, flags: RecordFlags, output: Output): Promise<void> {
  const { host = '127.0.0.1', port = 0 } = flags;
  const requests = stopRequests();
  requests.onRepeat(() => process.exit(1));
  const file = await openResumable(path, RECORDING, 'continue');
  try {
    const removedBytes = await file.begin();
    const recorder = new Recorder(file, flags, output);
    const server = await startListenServer({ host, port, handle: (request) => recorder.handle(request) });
    try {
      const url = `http://${reachableHost(host)}:${server.port}/`;
      if (removedBytes > 0) output.note(`Removed an incomplete last line of ${path}`);
      output.event(
        { kind: 'listening', url, file: path },
        () => `Ready: recording requests at ${url} in ${path}. Press Ctrl-C to stop.`,
      );
      await requests.stopped;
    } finally {
      await server.close();
    }
    output.event({ kind: 'stopped', ...recorder.counts }, () => recorder.summary());
  } finally {
    await file.close();
    requests.dispose();
  }
}

class Recorder {
  readonly counts = { recorded: 0, refused: 0 };
  readonly #file: Pick<ResumableFile<unknown>, 'append'>;
  readonly #output: Output;
  readonly #rules: { webhook: DefaultWebhook; eventOf: EventSource };

  constructor(
    file: Pick<ResumableFile<unknown>, 'append'>,
    { webhook, tenant, event = eventSource('body:/id') }: RecordFlags,
    output: Output,
  ) {
    this.#file = file;
    this.#output = output;
    const named = { ...(webhook !== undefined && { webhook }), ...(tenant !== undefined && { tenant }) };
    this.#rules = { webhook: named, eventOf: event };
  }

  async handle(request: ReceivedRequest): Promise<ListenerResponse> {
    if (request.method !== 'POST') return { status: 405, headers: { allow: 'POST' } };
    const line = recordedLine(request, this.#rules);
    if ('problem' in line) return this.#refuse(422, `Refused ${printable(request.path)}: ${line.problem}`);
    try {
      await this.#file.append(`${JSON.stringify(line)}\n`);
    } catch (error) {
      return this.#refuse(500, `Cannot write: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.counts.recorded += 1;
    if (this.counts.recorded % PROGRESS_EVERY === 0) this.#output.note(this.summary());
    return { status: 200 };
  }

  summary(): string {
    const { recorded, refused } = this.counts;
    return `${recorded} recorded, ${refused} refused`;
  }

  #refuse(status: number, reason: string): ListenerResponse {
    this.counts.refused += 1;
    this.#output.note(reason);
    return { status, body: `posthorn record: ${reason}\n` };
  }
}
