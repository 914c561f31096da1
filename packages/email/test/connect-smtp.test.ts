import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type MailServer, startMailServer } from '@posthorn/testkit';
import { useFakeTimeouts } from '@posthorn/testkit/fake-time';
import { connectSmtp, type Mail, type Smtp } from '../src/index.js';

const FROM = 'Webhooks <alerts@hooks.example>';

let server: MailServer;
beforeAll(async () => {
  server = await startMailServer();
});
afterAll(() => server.close());

const mail = (changes: Partial<Mail> = {}): Mail => ({
  to: 'ops@customer.example',
  id: 'the-id',
  subject: 'Größe ✓',
  text: 'Text ü\n',
  html: '<p>ü</p>',
  unsubscribeUrl: null,
  ...changes,
});

describe('an SMTP client', () => {
  it('sends text and HTML with a fixed id', async () => {
    const smtp = connectSmtp({ url: server.url, from: FROM });
    const unsubscribeUrl = 'https://hooks.example/notifications/unsubscribe?token=a.b';
    expect(await smtp.send(mail({ unsubscribeUrl }))).toEqual({ status: 'sent' });
    const received = server.mails.at(-1);
    expect(received).toMatchObject({ to: ['ops@customer.example'], subject: 'Größe ✓' });
    expect(received?.text.trim()).toBe('Text ü');
    expect(received?.html).toContain('<p>ü</p>');
    expect(received?.headers.get('message-id')).toBe('<the-id@hooks.example>');
    expect(received?.headers.get('list-unsubscribe')).toBe(`<${unsubscribeUrl}>`);
    expect(received?.headers.get('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
    expect(received?.headers.get('auto-submitted')).toBe('auto-generated');
  });

  it('sends neither additional headers nor additional recipients', async () => {
    const smtp = connectSmtp({ url: server.url, from: FROM });
    await smtp.send(mail({ subject: 'a\r\nBcc: victim@example.com\r\nX-Injected: 1' }));
    const received = server.mails.at(-1);
    expect(received?.to).toEqual(['ops@customer.example']);
    expect(received?.headers.has('bcc')).toBe(false);
    expect(received?.headers.has('x-injected')).toBe(false);
  });

  it('returns that the server rejected a message', async () => {
    server.beforeAccept(() => {
      throw Object.assign(new Error('mailbox full'), { responseCode: 452 });
    });
    const smtp = connectSmtp({ url: server.url, from: FROM });
    expect(await smtp.send(mail())).toMatchObject({
      status: 'rejected',
      error: expect.stringContaining('mailbox full'),
    });
    server.beforeAccept(() => {});
  });

  it('returns that the server is unavailable', async () => {
    const smtp = connectSmtp({ url: 'smtp://127.0.0.1:1', from: FROM });
    expect(await smtp.send(mail())).toMatchObject({ status: 'unavailable' });
  });

  it('sends a password only over TLS', async () => {
    const url = server.url.replace('//', '//user:secret@');
    expect(await connectSmtp({ url, from: FROM }).send(mail())).not.toEqual({ status: 'sent' });
  });

  it('does not know whether a message was accepted when the connection broke after it', async () => {
    const dialog = await startDialog({ onMessage: (socket) => socket.destroy() });
    expect(await dialog.smtp.send(mail())).toMatchObject({ status: 'unknown' });
    dialog.server.close();
  });

  it.each<[string, Reactions]>([
    ['greeting', { onConnection: (socket) => socket.destroy() }],
    ['login', { onHello: (socket) => socket.destroy() }],
  ])(
    'knows that a message was not accepted when the connection broke before the end of the %s',
    async (_name, reactions) => {
      const dialog = await startDialog(reactions);
      expect(await dialog.smtp.send(mail())).toMatchObject({ status: 'unavailable' });
      dialog.server.close();
    },
  );

  describe('and a server that scans messages', () => {
    let dialog: Dialog;
    let scanning: Promise<Socket>;
    beforeEach(async () => {
      dialog = await startDialog({ onMessage: (socket) => dialog.server.emit('scanning', socket) });
      scanning = once(dialog.server, 'scanning').then(([socket]: Socket[]) => socket as Socket);
    });
    afterEach(() => {
      jest.restoreAllMocks();
      jest.useRealTimers();
      dialog.server.close();
    });

    it('waits for a minute', async () => {
      const passTime = controlTimeouts();
      const sent = dialog.smtp.send(mail());
      const socket = await scanning;
      passTime(60_000);
      socket.write('250 accepted\r\n');
      expect(await sent).toEqual({ status: 'sent' });
    });

    it('does not wait for two minutes, after which another producer sends the message', async () => {
      const passTime = controlTimeouts();
      const sent = dialog.smtp.send(mail());
      const socket = await scanning;
      const closed = once(socket, 'close');
      passTime(119_000);
      expect(await sent).toMatchObject({ status: 'unknown' });
      await closed;
    });

    it('closes the connection when the message is aborted', async () => {
      const stopping = new AbortController();
      const sent = dialog.smtp.send(mail(), stopping.signal);
      const socket = await scanning;
      const closed = once(socket, 'close');
      stopping.abort(new Error('The process stops'));
      expect(await sent).toEqual({ status: 'unknown', error: 'The process stops' });
      await closed;
    });
  });
});

/** Lets the timeouts of timers and sockets pass only when the returned function is called, with the elapsed time. */
function controlTimeouts(): (elapsedMs: number) => void {
  useFakeTimeouts();
  const sockets = new Set<Socket>();
  const setSocketTimeout = Socket.prototype.setTimeout;
  jest.spyOn(Socket.prototype, 'setTimeout').mockImplementation(function (this: Socket, ms, callback) {
    sockets.add(this);
    return setSocketTimeout.call(this, ms, callback);
  });
  return (elapsedMs) => {
    for (const socket of sockets) if (socket.timeout && socket.timeout <= elapsedMs) socket.emit('timeout');
    jest.advanceTimersByTime(elapsedMs);
  };
}

interface Reactions {
  onConnection?: (socket: Socket) => void;
  onHello?: (socket: Socket) => void;
  onMessage?: (socket: Socket) => void;
}

interface Dialog {
  server: Server;
  smtp: Smtp;
}

/** Starts a server with other reactions than those of SMTP, and returns it with a client. */
async function startDialog({
  onConnection = (socket) => socket.write('220 hooks.example\r\n'),
  onHello = (socket) => socket.write('250 ok\r\n'),
  onMessage = () => {},
}: Reactions): Promise<Dialog> {
  const dialog = createServer((socket) => {
    onConnection(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const text = chunk.toString();
      if (text.includes('\r\n.\r\n')) onMessage(socket);
      else if (/^(?:EHLO|HELO)/m.test(text)) onHello(socket);
      else if (/^DATA/m.test(text)) socket.write('354 continue\r\n');
      else if (/^(?:MAIL|RCPT)/m.test(text)) socket.write('250 ok\r\n');
    });
  });
  dialog.listen(0, '127.0.0.1');
  await once(dialog, 'listening');
  const { port } = dialog.address() as AddressInfo;
  return { server: dialog, smtp: connectSmtp({ url: `smtp://127.0.0.1:${port}`, from: FROM }) };
}
