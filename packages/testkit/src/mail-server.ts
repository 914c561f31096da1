import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { eventually } from './eventually.js';

/** A message as its recipient reads it. */
export interface ReceivedMail {
  /** The recipients of the envelope. */
  to: string[];
  /** As they were transferred. */
  raw: string;
  headers: Map<string, string>;
  subject: string;
  text: string;
  html: string;
}

/** An SMTP server on a free port of the loopback interface. */
export interface MailServer {
  url: string;
  /** All accepted messages, in order of arrival. */
  mails: ReceivedMail[];
  /** Resolves with all messages once there are `count`. */
  waitFor(count: number): Promise<ReceivedMail[]>;
  /** Runs before a message is accepted. If it throws, the message is rejected. */
  beforeAccept(hook: () => Promise<void> | void): void;
  /** Refuses new connections, like a machine that goes down. */
  disconnect(): Promise<void>;
  /** Listens on the same port again. */
  reconnect(): Promise<void>;
  close(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  let hook: (() => Promise<void> | void) | null = null;
  let server = open();
  await listen(0);
  const { port } = server.server.address() as AddressInfo;

  function open(): SMTPServer {
    const opened = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      // oxlint-disable-next-line typescript/no-misused-promises -- it calls back, and throws nothing
      async onData(stream, session, callback) {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        callback(await receive(stream, to).catch((error: Error) => error));
      },
    });
    // A client that is killed.
    opened.on('error', () => {});
    return opened;
  }

  async function receive(stream: AsyncIterable<Buffer>, to: string[]): Promise<undefined> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    await hook?.();
    const raw = Buffer.concat(chunks);
    const { headers, subject = '', text = '', html = '' } = await PostalMime.parse(raw);
    mails.push({
      to,
      raw: raw.toString(),
      headers: new Map(headers.map(({ key, value }) => [key, value])),
      subject,
      text,
      html,
    });
  }

  async function listen(at: number): Promise<void> {
    server.listen(at, '127.0.0.1');
    await once(server.server, 'listening');
  }

  const disconnect = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    waitFor: (count) =>
      eventually(() => {
        if (mails.length < count) throw new Error(`${mails.length} of ${count} mails`);
        return mails;
      }),
    beforeAccept(newHook) {
      hook = newHook;
    },
    disconnect,
    async reconnect() {
      server = open();
      await listen(port);
    },
    close: disconnect,
  };
}
