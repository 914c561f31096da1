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

/** The parts of a checkout that the commands use. */
const CHECKOUT = ['node_modules', 'examples'];

const OUTPUT_TIMEOUT_MS = 120_000;

/** Placeholders such as `wh_…` stand for the last printed id of that kind, `redis://…` for the last printed URL. */
const PLACEHOLDER = /\b(phk_|php_|whsec_|wh_|evt_|dlv_|rpl_|ten_|key_|redis:\/\/)…/g;

/** Makes API errors and failures of intermediate commands fail the block. */
const SETUP = `
exec 2>&1
set -o pipefail
failed=0
trap 'failed=1' ERR
curl() { command curl --fail-with-body --max-time 60 "$@"; local code=$?; echo; return $code; }
`;

/** Simulates a reader who copies each command of the pages into one terminal. */
export class Reader {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'posthorn-reader-'));
  readonly #shell: ChildProcess;
  readonly #replacements: Record<string, string>;
  #output = '';
  #blocks = 0;
  /** Start of the last block's output in `#output`. */
  #blockStart = 0;

  /** @param replacements texts of the pages that differ in this run, such as ports */
  constructor(replacements: Record<string, string>) {
    this.#replacements = replacements;
    for (const name of CHECKOUT) symlinkSync(path.join(ROOT, name), path.join(this.#folder, name));
    // A separate process group, so that background processes are killed with the shell.
    this.#shell = spawn('bash', ['--noprofile', '--norc'], {
      cwd: this.#folder,
      // A terminal knows no servers of the tests.
      env: { ...process.env, DATABASE_URL: undefined, REDIS_URL: undefined },
      detached: true,
    });
    this.#shell.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.#type(SETUP);
  }

  /** Adds text to the output from which placeholders are filled. */
  addOutput(text: string): void {
    this.#output += `\n${text}\n`;
  }

  saveFile({ note, code }: Block): void {
    writeFileSync(path.join(this.#folder, note), this.#fill(code));
  }

  /** @throws Error with the output when a command fails or times out */
  async run(block: Block): Promise<void> {
    const end = `end-of-block-${(this.#blocks += 1)}`;
    this.#blockStart = this.#output.length;
    this.#type(`${this.#fill(block.code)}\nprintf '\\n%s %s\\n' ${end} $failed; failed=0\n`);
    const [, failed] = await this.#waitForOutput(new RegExp(`^${end} (\\d)$`, 'm'), block);
    if (failed !== '0') throw new Error(`${placeOf(block)} failed:\n${this.#blockOutput()}`);
    const [, port] = /PORT=(\d+).*&$/m.exec(this.#fill(block.code)) ?? [];
    if (port) await waitForPort(Number(port));
  }

  /** Waits for the documented output of the last block. White space may differ; `…` matches any text. */
  async expectOutput(block: Block): Promise<void> {
    const words = block.code.split(/\s+/).filter((word) => word !== '');
    const pattern = words.map((word) => word.split('…').map(escaped).join('.*?')).join('\\s*');
    await this.#waitForOutput(new RegExp(pattern, 's'), block);
  }

  close(): void {
    if (this.#shell.pid) process.kill(-this.#shell.pid, 'SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #type(text: string): void {
    this.#shell.stdin?.write(text);
  }

  #fill(code: string): string {
    const replaced = Object.entries(this.#replacements).reduce(
      (text, [from, to]) => text.replaceAll(from, to),
      code,
    );
    return replaced.replaceAll(PLACEHOLDER, (_, prefix: string) => this.#lastId(prefix));
  }

  /** Returns the last id in a response, if there is one: what the receiver prints may come at any time, such as during a replay. */
  #lastId(prefix: string): string {
    const id = `${prefix}${prefix.endsWith('_') ? String.raw`[\w+/=-]+` : String.raw`\S+`}`;
    const last = (
      this.#output.match(new RegExp(`(?<=")${id}`, 'g')) ?? this.#output.match(new RegExp(`\\b${id}`, 'g'))
    )?.at(-1);
    if (last === undefined) throw new Error(`No ${prefix}… in the output so far`);
    return last;
  }

  async #waitForOutput(pattern: RegExp, block: Block): Promise<RegExpExecArray> {
    const deadline = performance.now() + OUTPUT_TIMEOUT_MS;
    for (;;) {
      const found = pattern.exec(this.#blockOutput());
      if (found) return found;
      if (performance.now() > deadline)
        throw new Error(`${placeOf(block)}: ${pattern} not found in the output:\n${this.#blockOutput()}`);
      await sleep(20);
    }
  }

  #blockOutput(): string {
    return this.#output.slice(this.#blockStart);
  }
}

/** Waits until a background program listens. A person would take longer to copy the next command. */
async function waitForPort(port: number): Promise<void> {
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
