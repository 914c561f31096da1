// The code that the portal shows to verify signatures, in the languages that this machine has: it accepts a signed request, and no other.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signatureHeaders } from '@posthorn/core';
import { which } from '@posthorn/local';

const run = promisify(execFile);

const SOURCE = '../../apps/dashboard/src/pages/webhooks/setup/snippets.ts';
const { SNIPPETS }: { SNIPPETS: Record<string, { code: string }> } = await import(SOURCE);

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const BODY = '{"type":"invoice.paid","data":{"text":"Ünïcödé"}}';

/** How a program in each language is run. It gets the secret, the id, the timestamp, the signatures and the body as arguments. */
const PROGRAMS: Record<string, { file: string; main: string; command: string[]; isMerged?: true }> = {
  node: {
    file: 'verify.mjs',
    main: `const [secret, id, timestamp, signatures, body] = process.argv.slice(2);
verify(secret, { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures }, Buffer.from(body));`,
    command: ['node', 'verify.mjs'],
  },
  python: {
    file: 'verify.py',
    main: `import sys
secret, id, timestamp, signatures, body = sys.argv[1:]
verify(secret, {"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures}, body.encode())`,
    command: ['python3', 'verify.py'],
  },
  go: {
    file: 'verify.go',
    main: `func main() {
	headers := http.Header{}
	headers.Set("webhook-id", os.Args[2])
	headers.Set("webhook-timestamp", os.Args[3])
	headers.Set("webhook-signature", os.Args[4])
	if Verify(os.Args[1], headers, []byte(os.Args[5])) != nil {
		os.Exit(1)
	}
}`,
    command: ['go', 'run', 'verify.go'],
  },
  java: {
    file: 'Verify.java',
    main: `class Main {
  public static void main(String[] args) throws Exception {
    Verify.verify(args[0], args[1], args[2], args[3], args[4].getBytes("UTF-8"));
  }
}`,
    command: ['java', '-Dfile.encoding=UTF-8', '-Dsun.jnu.encoding=UTF-8', 'Verify.java'],
  },
  ruby: {
    file: 'verify.rb',
    main: `secret, id, timestamp, signatures, body = ARGV
verify(secret, { "webhook-id" => id, "webhook-timestamp" => timestamp, "webhook-signature" => signatures }, body)`,
    command: ['ruby', 'verify.rb'],
  },
  php: {
    file: 'verify.php',
    main: `[, $secret, $id, $timestamp, $signatures, $body] = $argv;
verify($secret, ['webhook-id' => $id, 'webhook-timestamp' => $timestamp, 'webhook-signature' => $signatures], $body);`,
    command: ['php', 'verify.php'],
  },
};

/** Returns the source of a program. A program in Go is one package, and Java starts the first class of a file. */
function sourceOf(name: string, main: string): string {
  const code = SNIPPETS[name]?.code ?? '';
  if (name === 'go')
    return `${code.replace('package webhooks', 'package main').replace('"net/http"', '"net/http"\n\t"os"')}\n${main}\n`;
  if (name === 'java') {
    const imports = code.slice(0, code.indexOf('class Verify'));
    return `${imports}\n${main}\n${code.slice(imports.length)}`;
  }
  return `${code}\n${main}\n`;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-snippets-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(Object.entries(PROGRAMS))('%s', (name, { file, main, command: [program = '', ...args] }) => {
  const test = which(program) === undefined ? it.skip : it;

  test('accepts a signed request, and no other', async () => {
    writeFileSync(path.join(folder, file), sourceOf(name, main));
    const isAccepted = async (body: string, sentAt = new Date()): Promise<boolean> => {
      const headers = signatureHeaders({
        keys: { secrets: [{ text: SECRET, encoding: 'base64' }], privateKeys: [] },
        id: 'evt_1',
        timestamp: sentAt,
        body: BODY,
      });
      const values = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
        (header) => headers[header] ?? '',
      );
      values[2] = `v1,${Buffer.alloc(32).toString('base64')} ${values[2]}`;
      try {
        await run(program, [...args, SECRET, ...values, body], { cwd: folder });
        return true;
      } catch (error) {
        if (error instanceof Error && 'code' in error && typeof error.code === 'number') return false;
        throw error;
      }
    };
    expect(await isAccepted(BODY)).toBe(true);
    expect(await isAccepted(`${BODY} `)).toBe(false);
    expect(await isAccepted(BODY, new Date(Date.now() - 3_600_000))).toBe(false);
  }, 120_000);
});
