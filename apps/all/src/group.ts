import cluster, { type Worker } from 'node:cluster';
import { SupervisedProcess } from '@posthorn/runtime/supervision';
import { type ForkedMember, forkMember } from './fork-member.js';
import { GroupMetrics } from './group-metrics.js';
import type { ToPrimary } from './messages.js';
import { send } from './send.js';

/**
 * A process that does not stop by itself is killed this long after its shutdown timeout, in milliseconds. `runService` ends a process,
 * this one too, after 2000.
 */
const KILL_AFTER_MS = 1900;

interface GroupOptions {
  size: number;
  /** Returns the variables that a process does not share with the primary. Processes are counted from 1. */
  environmentOf: (number: number) => Record<string, string>;
  shutdownTimeoutMs: number;
  onProgress: (line: string) => void;
}

/** The processes that the primary keeps running. They share its listening sockets. */
export class Group {
  readonly #options: GroupOptions;
  readonly #members: SupervisedProcess[];
  readonly #running = new Set<ForkedMember>();
  readonly #ready = new Set<Worker>();
  readonly #metrics = new GroupMetrics();

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#members = Array.from({ length: options.size }, (_, index) => this.#member(index + 1));
  }

  /** Starts all processes. @throws the error of the first one that cannot start */
  async start(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.start()));
  }

  /** Stops all processes cleanly. @throws Error when one does not stop cleanly */
  async stop(): Promise<void> {
    // One that is still starting is ended by the signal.
    const running = [...this.#running].filter(({ worker }) => this.#ready.has(worker));
    await Promise.all(this.#members.map((member) => member.stop()));
    const exits = await Promise.all(running.map(({ exited }) => exited));
    const failed = exits.filter((exit) => exit !== 'exit code 0');
    if (failed.length > 0) throw new Error(`processes did not stop cleanly: ${failed.join(', ')}`);
  }

  #member(number: number): SupervisedProcess {
    return new SupervisedProcess({
      role: 'all',
      name: `process ${number}`,
      launch: () => this.#launch(number),
      stopTimeoutMs: this.#options.shutdownTimeoutMs + KILL_AFTER_MS,
      onChange: () => {},
      onProgress: this.#options.onProgress,
    });
  }

  #launch(number: number): ForkedMember {
    const child = forkMember(number, this.#options.environmentOf(number));
    const { worker } = child;
    this.#running.add(child);
    worker.on('message', (message: ToPrimary) => this.#handle(worker, message));
    worker.once('exit', () => {
      this.#running.delete(child);
      this.#ready.delete(worker);
      this.#metrics.remove(worker);
      this.#announceReadiness();
    });
    return child;
  }

  #handle(worker: Worker, message: ToPrimary): void {
    // Messages can arrive after the exit of their sender.
    if (worker.isDead()) return;
    switch (message.type) {
      case 'ready':
        this.#ready.add(worker);
        this.#metrics.add(worker);
        this.#announceReadiness();
        break;
      case 'scrape':
        void this.#metrics.reply(worker);
        break;
      case 'report':
        this.#metrics.receive(worker, message.report);
        break;
    }
  }

  #announceReadiness(): void {
    const isReady = this.#ready.size === this.#options.size;
    for (const worker of Object.values(cluster.workers ?? {}))
      if (worker) send(worker, { type: 'readiness', isReady });
  }
}
