import { SupervisedProcess, type SupervisedOptions } from '@posthorn/runtime/supervision';
import { StartError } from './start-error.js';
import type { ProcessRole, RunningProcess } from './roles.js';

/** Services finish their work in flight. Then Redis stops, and PostgreSQL, the source of truth, last. */
const STOP_ORDER: ProcessRole[][] = [['api', 'producer', 'worker', 'all'], ['redis'], ['postgres']];

/** All processes of a stack. */
export class Fleet {
  readonly #members: SupervisedProcess<ProcessRole>[] = [];
  #work: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  /** Starts a process; rejects with a StartError when it does not become ready. */
  async start(options: SupervisedOptions<ProcessRole>): Promise<void> {
    if (this.#stopped) throw new StartError('stopped while starting');
    const member = new SupervisedProcess(options);
    this.#members.push(member);
    await member.start();
  }

  /** Runs work that needs the servers and must not be interrupted: `stop` waits for it. */
  async use(work: () => Promise<unknown>): Promise<void> {
    if (this.#stopped) throw new StartError('stopped while starting');
    this.#work = work();
    await this.#work;
  }

  running(): RunningProcess[] {
    return this.#members.flatMap(({ role, pid }) => (pid === undefined ? [] : [{ role, pid }]));
  }

  /** @throws Error when the process does not exist */
  find(role: ProcessRole, index: number): SupervisedProcess<ProcessRole> {
    const member = this.#members.filter((candidate) => candidate.role === role)[index];
    if (!member) throw new Error(`The stack has no ${role} ${index}`);
    return member;
  }

  /** Stops all processes cleanly, in order. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopInOrder();
    return this.#stopped;
  }

  /** Kills all processes at once. */
  destroy(): void {
    void this.stop();
    for (const member of this.#members) member.destroy();
  }

  async #stopInOrder(): Promise<void> {
    await this.#work.catch(() => undefined);
    for (const roles of STOP_ORDER) {
      const members = this.#members.filter(({ role }) => roles.includes(role));
      await Promise.all(members.map((member) => member.stop()));
    }
  }
}
