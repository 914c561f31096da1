import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FreshMariadb, hasMariadb, type OwnMariadb, startOwnMariadb } from '@posthorn/testkit';
import { openOutbox } from '../src/outbox/open-outbox.js';

const PING = `
import { openOutbox } from '@posthorn/database/outbox';
const outbox = await openOutbox({ url: process.argv[1], applicationName: 'test' });
await outbox.ping();
await outbox.stop();
console.log('verified');`;

(hasMariadb() ? describe : describe.skip)('an outbox in MariaDB, over TLS', () => {
  let folder: string;
  let server: OwnMariadb;
  /** The database of an application. */
  let application: FreshMariadb;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'posthorn-mariadb-tls-'));
    for (const name of ['localhost', 'db.example']) createCertificate(name);
    select('localhost');
    server = await startOwnMariadb(`--ssl-cert=${file('server.crt')}`, `--ssl-key=${file('server.key')}`);
    application = await server.freshDatabase();
    await application.pool.query("CREATE USER encrypted@'%' REQUIRE SSL; GRANT ALL ON *.* TO encrypted@'%'");
  });
  afterAll(async () => {
    await application.drop();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const file = (name: string) => path.join(folder, name);

  function createCertificate(name: string): void {
    const kind = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`];
    const files = ['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)];
    const names = ['-addext', `subjectAltName=DNS:${name}`];
    execFileSync('openssl', ['req', '-x509', ...kind, ...names, ...files], { stdio: 'pipe' });
  }

  function select(name: string): void {
    for (const kind of ['crt', 'key']) copyFileSync(file(`${name}.${kind}`), file(`server.${kind}`));
  }

  const urlOf = (host: string, ssl: string) =>
    `${application.url.replace('root@127.0.0.1', `encrypted@${host}`)}?ssl=${ssl}`;

  async function ping(ssl: string): Promise<void> {
    const host = ssl === 'verify-full' ? 'localhost' : '127.0.0.1';
    const opened = await openOutbox({ url: urlOf(host, ssl), applicationName: 'test' });
    try {
      await opened.ping();
    } finally {
      await opened.stop();
    }
  }

  /** Connects to localhost in a process that trusts the certificate, which Node reads at its start. */
  async function verify(name: string): Promise<string> {
    select(name);
    await application.pool.query('FLUSH SSL');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', PING, urlOf('localhost', 'verify-full')],
      { cwd: import.meta.dirname, env: { ...process.env, NODE_EXTRA_CA_CERTS: file(`${name}.crt`) } },
    );
    return stdout;
  }

  it('is encrypted if the URL asks for it', async () => {
    await expect(ping('disable')).rejects.toThrow('Access denied');
    await ping('require');
  });

  it('is read with verify-full only if the certificate is trusted and has the name of the host', async () => {
    await expect(ping('verify-full')).rejects.toThrow('self-signed certificate');
    expect(await verify('localhost')).toBe('verified\n');
    await expect(verify('db.example')).rejects.toThrow(
      "Host: localhost. is not in the cert's altnames: DNS:db.example",
    );
  });

  it('cannot be verified by an IP address', async () => {
    const url = urlOf('127.0.0.1', 'verify-full');
    await expect(openOutbox({ url, applicationName: 'test' })).rejects.toThrow(
      'if HOST is not an IP address',
    );
  });
});
