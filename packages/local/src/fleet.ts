import { StartError } from './start-error.js';
import type { Role, RunningProcess } from './roles.js';
import { SupervisedProcess, type SupervisedOptions } from './supervised-process.js';

/** Services may finish what is in flight; then Redis may go, and PostgreSQL, which holds the truth, last. */
const STOP_ORDER: Role[][] = [['api', 'producer', 'worker'], ['redis'], ['postgres']];

/** All processes of one stack. */
export class Fleet {
  readonly #members: SupervisedProcess[] = [];
  #work: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  /** Starts one more; rejects with a StartError when it does not come up. */
  async start(options: SupervisedOptions): Promise<void> {
    if (this.#stopped) throw new StartError('stopped while starting');
    const member = new SupervisedProcess(options);
    this.#members.push(member);
    await member.start();
  }

  /** Does what needs the servers and must not be cut short: `stop` waits for it. */
  async use(work: () => Promise<unknown>): Promise<void> {
    if (this.#stopped) throw new StartError('stopped while starting');
    this.#work = work();
    await this.#work;
  }

  running(): RunningProcess[] {
    return this.#members.flatMap(({ role, pid }) => (pid === undefined ? [] : [{ role, pid }]));
  }

  /** @throws Error when there is none */
  find(role: Role, index: number): SupervisedProcess {
    const member = this.#members.filter((candidate) => candidate.role === role)[index];
    if (!member) throw new Error(`the stack has no ${role} number ${index}`);
    return member;
  }

  /** Cleanly, in order. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopInOrder();
    return this.#stopped;
  }

  /** At once. */
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
