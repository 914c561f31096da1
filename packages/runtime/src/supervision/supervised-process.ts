import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child.js';

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 10_000;

export interface SupervisedOptions<Role extends string> {
  role: Role;
  /** For messages, such as `worker 1`. */
  name: string;
  /** Starts the process, with the same port and data each time. */
  launch: () => Child;
  /** How long a clean stop may take before the process is killed, in milliseconds. */
  stopTimeoutMs: number;
  /** Called whenever the process has been started. */
  onChange: () => void;
  onProgress: (line: string) => void;
}

/** Keeps one process running: restarts it with exponential backoff when it exits unexpectedly. */
export class SupervisedProcess<Role extends string = string> {
  readonly role: Role;
  readonly name: string;
  readonly #options: SupervisedOptions<Role>;
  readonly #starts = new EventEmitter();
  #child: Child | undefined;
  #stopping = new AbortController();
  #delayMs = FIRST_DELAY_MS;

  constructor(options: SupervisedOptions<Role>) {
    this.role = options.role;
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Resolves when the process is ready. Rejects when it exits before that: a first start is not retried. It also rejects with the
   * error of `onChange`; then the process runs until `stop`.
   */
  async start(): Promise<void> {
    this.#stopping = new AbortController();
    await this.#launch();
    this.#options.onChange();
    this.#starts.emit('start');
  }

  /** Resolves when the process has been restarted. Call it before you kill the process. */
  async nextStart(): Promise<void> {
    await once(this.#starts, 'start');
  }

  /** Sends a signal. If the process exits, it is restarted. */
  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Stops the process cleanly, until the next `start`. Never rejects; safe to call twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (!child) return;
    child.terminate();
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#options.stopTimeoutMs);
    await child.exited;
    clearTimeout(timer);
  }

  /** Kills the process, without a restart. */
  destroy(): void {
    this.#stopping.abort();
    this.#child?.kill('SIGKILL');
  }

  async #launch(): Promise<void> {
    const child = this.#options.launch();
    this.#child = child;
    await child.ready;
    void this.#restartAfter(child);
  }

  /** Reports a restart. The process runs even if that fails, such as on a full disk. */
  #reportRestart(): void {
    try {
      this.#options.onChange();
    } catch (error) {
      this.#options.onProgress(`${this.name} was restarted, but not recorded: ${messageOf(error)}`);
    }
  }

  async #restartAfter(child: Child): Promise<void> {
    const startedAt = performance.now();
    const exit = await child.exited;
    if (this.#child === child) this.#child = undefined;
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    if (performance.now() - startedAt > MAX_DELAY_MS) this.#delayMs = FIRST_DELAY_MS;
    let reason = `exited (${exit})`;
    for (;;) {
      this.#options.onProgress(`${this.name} ${reason}: restarting it in ${this.#delayMs} ms`);
      await sleep(this.#delayMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.#delayMs = Math.min(this.#delayMs * 2, MAX_DELAY_MS);
      try {
        await this.#launch();
        break;
      } catch (error) {
        if (signal.aborted) return;
        reason = messageOf(error);
      }
    }
    this.#reportRestart();
    this.#starts.emit('start');
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
