// Requests through Dante and Smokescreen, if their programs are given: `npm run test:proxies`.
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseProxyUrl } from '@posthorn/core';
import { checkProxy } from '../src/index.js';
import { listeningPort } from './support/listening-port.js';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';
import { startWebServer, type WebServer } from './support/web-server.js';

const DANTE = process.env['TEST_DANTED'] ?? '';
const SMOKESCREEN = process.env['TEST_SMOKESCREEN'] ?? '';

const children: ChildProcess[] = [];
let server: WebServer | undefined;
afterEach(async () => {
  await closeSenders();
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await server?.close();
  server = undefined;
});

const receiver = async (): Promise<WebServer> =>
  (server = await startWebServer((_request, response) => response.end('ok')));

async function freePort(): Promise<number> {
  const probe = createServer();
  const port = await listeningPort(probe);
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Starts a program and waits until it accepts connections. */
async function start(program: string, flags: string[], port: number): Promise<void> {
  const child = spawn(program, flags, { stdio: 'ignore' });
  children.push(child);
  for (let tries = 0; ; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    if (tries === 200 || child.exitCode !== null) throw new Error(`${program} does not listen`);
    await sleep(50);
  }
}

function sender(url: string, guards = false) {
  const proxy = parseProxyUrl(url, guards);
  return { proxy, send: (target: string) => loopbackSender({ proxy }).send(post(target)) };
}

async function startDante(method: 'none' | 'username', rules: string): Promise<number> {
  const port = await freePort();
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'posthorn-dante-')), 'danted.conf');
  writeFileSync(
    file,
    `logoutput: /dev/null
internal: 127.0.0.1 port = ${port}
external: 127.0.0.1
socksmethod: ${method}
clientmethod: none
user.privileged: root
user.unprivileged: nobody
timeout.connect: 2
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
${rules}
`,
  );
  await start(DANTE, ['-f', file], port);
  return port;
}

(DANTE === '' ? describe.skip : describe)('Dante', () => {
  it('connects to the address that was checked', async () => {
    const port = await startDante('none', 'socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }');
    const { url } = await receiver();
    expect(gist(await sender(`socks5://127.0.0.1:${port}`).send(url))).toBe('200');
  });

  it('reports a receiver that refuses connections', async () => {
    const port = await startDante('none', 'socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }');
    const closed = `http://127.0.0.1:${await freePort()}/`;
    expect(gist(await sender(`socks5://127.0.0.1:${port}`).send(closed))).toBe('connection_refused');
  });

  it('may not allow the receiver', async () => {
    const port = await startDante('none', 'socks block { from: 127.0.0.0/8 to: 0.0.0.0/0 }');
    const { url } = await receiver();
    expect(gist(await sender(`socks5://127.0.0.1:${port}`).send(url))).toBe('proxy_rejected');
  });

  it('asks for credentials', async () => {
    const port = await startDante('username', 'socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }');
    const { url } = await receiver();
    for (const user of ['', 'nobody:wrong@'])
      expect(gist(await sender(`socks5://${user}127.0.0.1:${port}`).send(url))).toBe(
        'proxy_authentication_required',
      );
  });
});

async function startSmokescreen(...flags: string[]) {
  const port = await freePort();
  await start(SMOKESCREEN, ['--listen-ip', '127.0.0.1', '--listen-port', String(port), ...flags], port);
  return sender(`http://127.0.0.1:${port}`, true);
}

(SMOKESCREEN === '' ? describe.skip : describe)('Smokescreen', () => {
  it('resolves the name and allows what it may', async () => {
    const { url } = await receiver();
    const { proxy, send } = await startSmokescreen('--allow-range', '127.0.0.0/8');
    expect(gist(await send(url.replace('127.0.0.1', 'localhost')))).toBe('200');
    expect(proxy && (await checkProxy(proxy))).toBeNull();
  });

  it('rejects private addresses, with its reason but without the address', async () => {
    const { url, requests } = await receiver();
    const outcome = await (await startSmokescreen()).send(url.replace('127.0.0.1', 'localhost'));
    expect(outcome).toMatchObject({ code: 'proxy_rejected', message: expect.stringMatching(/407.*denied/i) });
    expect(outcome).not.toMatchObject({ message: expect.stringContaining('127.0.0.1') });
    expect(requests).toEqual([]);
  });
});
