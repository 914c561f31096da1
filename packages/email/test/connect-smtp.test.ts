import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MailServer, startMailServer } from '@posthorn/testkit';
import { connectSmtp, type Mail } from '../src/index.js';

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
    const dialog = await startDialog();
    const smtp = connectSmtp({ url: `smtp://127.0.0.1:${dialog.port}`, from: FROM });
    const result = await smtp.send(mail());
    dialog.server.close();
    expect(result).toMatchObject({ status: 'unknown' });
  });
});

/** Starts a server that closes the connection at the end of a message. */
async function startDialog(): Promise<{ server: Server; port: number }> {
  const breaking = createServer((socket) => {
    socket.write('220 hooks.example\r\n');
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const text = chunk.toString();
      if (text.includes('\r\n.\r\n')) socket.destroy();
      else if (/^DATA/m.test(text)) socket.write('354 continue\r\n');
      else if (/^(?:EHLO|MAIL|RCPT)/m.test(text)) socket.write('250 ok\r\n');
    });
  });
  breaking.listen(0, '127.0.0.1');
  await once(breaking, 'listening');
  return { server: breaking, port: (breaking.address() as AddressInfo).port };
}
