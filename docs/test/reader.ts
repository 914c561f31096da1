import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@posthorn/testkit';
import { placeOf, type Block } from './blocks.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** What of a checkout the commands use. */
const CHECKOUT = ['node_modules', 'examples'];

const PATIENCE_MS = 20_000;

/** `wh_…` stands for the last such thing that was printed. */
const PLACEHOLDER = /\b(phk|php|whsec|wh|evt|dlv|rpl|ten|key)_…/g;

/** An answer of the API that says no, and a command in the middle that fails, are failures. */
const SETUP = `
exec 2>&1
set -o pipefail
failed=0
trap 'failed=1' ERR
curl() { command curl --fail-with-body --max-time 10 "$@"; local code=$?; echo; return $code; }
`;

/** Somebody who goes through the pages in one terminal, and copies each command as it stands there. */
export class Reader {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'posthorn-reader-'));
  readonly #shell: ChildProcess;
  readonly #replacements: Record<string, string>;
  #seen = '';
  #blocks = 0;
  /** Where the output of the last commands begins. */
  #begin = 0;

  /** @param replacements what is elsewhere here than on the pages, as ports are */
  constructor(env: Record<string, string>, replacements: Record<string, string>) {
    this.#replacements = replacements;
    for (const name of CHECKOUT) symlinkSync(path.join(ROOT, name), path.join(this.#folder, name));
    // A group of its own, so that what it leaves in the background ends with it.
    this.#shell = spawn('bash', ['--noprofile', '--norc'], {
      cwd: this.#folder,
      env: { ...process.env, ...env },
      detached: true,
    });
    this.#shell.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#seen += text));
    this.#type(SETUP);
  }

  /** Text that was on the screen, to fill placeholders with. */
  sees(text: string): void {
    this.#seen += `\n${text}\n`;
  }

  saves({ note, code }: Block): void {
    writeFileSync(path.join(this.#folder, note), this.#filled(code));
  }

  /** @throws Error with what was printed when a command fails or does not end */
  async runs(block: Block): Promise<void> {
    const end = `end-of-block-${(this.#blocks += 1)}`;
    this.#begin = this.#seen.length;
    this.#type(`${this.#filled(block.code)}\nprintf '\\n%s %s\\n' ${end} $failed; failed=0\n`);
    const [, failed] = await this.#prints(new RegExp(`^${end} (\\d)$`, 'm'), block);
    if (failed !== '0') throw new Error(`${placeOf(block)} failed:\n${this.#printed()}`);
    const [, port] = /PORT=(\d+).*&$/m.exec(this.#filled(block.code)) ?? [];
    if (port) await listens(Number(port));
  }

  /** What the last commands print, now or soon: as on the page but for spaces, and `…`, which stands for anything. */
  async getsOutput(block: Block): Promise<void> {
    const words = block.code.split(/\s+/).filter((word) => word !== '');
    const pattern = words.map((word) => word.split('…').map(escaped).join('.*?')).join('\\s*');
    await this.#prints(new RegExp(pattern, 's'), block);
  }

  leaves(): void {
    if (this.#shell.pid) process.kill(-this.#shell.pid, 'SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #type(text: string): void {
    this.#shell.stdin?.write(text);
  }

  #filled(code: string): string {
    const replaced = Object.entries(this.#replacements).reduce(
      (text, [from, to]) => text.replaceAll(from, to),
      code,
    );
    return replaced.replaceAll(PLACEHOLDER, (_, prefix: string) => this.#lastSeen(prefix));
  }

  #lastSeen(prefix: string): string {
    const last = this.#seen.match(new RegExp(`\\b${prefix}_[\\w+/=-]+`, 'g'))?.at(-1);
    if (last === undefined) throw new Error(`no ${prefix}_… was printed before`);
    return last;
  }

  async #prints(pattern: RegExp, block: Block): Promise<RegExpExecArray> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = pattern.exec(this.#printed());
      if (found) return found;
      if (performance.now() > giveUpAt)
        throw new Error(`${placeOf(block)}: ${pattern} was not printed:\n${this.#printed()}`);
      await sleep(20);
    }
  }

  #printed(): string {
    return this.#seen.slice(this.#begin);
  }
}

/** A person takes longer to copy the next command than a program to start in the background. */
async function listens(port: number): Promise<void> {
  await eventually(async () => {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
    } finally {
      socket.destroy();
    }
  });
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
