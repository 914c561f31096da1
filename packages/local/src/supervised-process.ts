import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child.js';
import type { Role } from './roles.js';

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 10_000;

export interface SupervisedOptions {
  role: Role;
  /** `worker 1`, for what is said. */
  name: string;
  /** Starts the process, on the same port and data each time. */
  launch: () => Child;
  /** How long a clean stop may take, in milliseconds, before it is killed. */
  stopTimeoutMs: number;
  /** Called whenever another process runs. */
  onChange: () => void;
  say: (line: string) => void;
}

/** Keeps one process running: what dies unasked is started again, after a pause that grows while it keeps dying. */
export class SupervisedProcess {
  readonly role: Role;
  readonly name: string;
  readonly #options: SupervisedOptions;
  readonly #starts = new EventEmitter();
  #child: Child | undefined;
  #stopping = new AbortController();
  #delayMs = FIRST_DELAY_MS;

  constructor(options: SupervisedOptions) {
    this.role = options.role;
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it works. Rejects with a StartError when it does not: a first start is not tried again. */
  async start(): Promise<void> {
    this.#stopping = new AbortController();
    await this.#launch();
  }

  /** Resolves the next time that it has been started and works. Ask before you kill it. */
  async nextStart(): Promise<void> {
    await once(this.#starts, 'start');
  }

  /** Sends any signal. What this ends is started again, as after any other death. */
  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it for good, until the next `start`. Never rejects; safe to call twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (!child) return;
    child.terminate();
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#options.stopTimeoutMs);
    await child.ended;
    clearTimeout(timer);
  }

  /** Ends it for good and at once. */
  destroy(): void {
    this.#stopping.abort();
    this.#child?.kill('SIGKILL');
  }

  async #launch(): Promise<void> {
    const child = this.#options.launch();
    this.#child = child;
    await child.ready;
    void this.#restartAfter(child);
    this.#options.onChange();
    this.#starts.emit('start');
  }

  async #restartAfter(child: Child): Promise<void> {
    const startedAt = performance.now();
    const how = await child.ended;
    if (this.#child === child) this.#child = undefined;
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    if (performance.now() - startedAt > MAX_DELAY_MS) this.#delayMs = FIRST_DELAY_MS;
    let reason = `has ended (${how})`;
    for (;;) {
      this.#options.say(`${this.name} ${reason}: starting it again in ${this.#delayMs} ms`);
      await sleep(this.#delayMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.#delayMs = Math.min(this.#delayMs * 2, MAX_DELAY_MS);
      try {
        await this.#launch();
        return;
      } catch (error) {
        if (signal.aborted) return;
        reason = error instanceof Error ? error.message : String(error);
      }
    }
  }
}
