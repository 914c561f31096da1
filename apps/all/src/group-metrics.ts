import type { Worker } from 'node:cluster';
import { EventEmitter, once } from 'node:events';
import { AggregatorRegistry } from '@posthorn/runtime';
import type { Report } from './messages.js';
import { send } from './send.js';

/** Longer than a process waits for PostgreSQL and Redis when it reads its metrics, in milliseconds. */
const REPORT_TIMEOUT_MS = 3000;

/**
 * The metrics of all processes of a group together. The gauges of a process that does not report in time are left out. Its counters and
 * those of processes that have exited are included as of their last report: a sum that decreases would count as a restart.
 */
export class GroupMetrics {
  readonly #reports = new EventEmitter();
  /** The last report of each process. */
  readonly #latest = new Map<Worker, Report>();
  /** Processes that have not reported since they were requested to. */
  readonly #late = new Set<Worker>();
  #ofExited: object[] = [];
  #collection: Promise<string> | undefined;

  /** Includes a process that is ready. */
  add(worker: Worker): void {
    this.#latest.set(worker, { gauges: [], counters: [] });
  }

  /** Records the report of a process. */
  receive(worker: Worker, report: Report): void {
    this.#late.delete(worker);
    this.#latest.set(worker, report);
    this.#reports.emit(eventOf(worker));
  }

  /** Excludes a process that has exited, except its counters. */
  remove(worker: Worker): void {
    const counters = this.#latest.get(worker)?.counters ?? [];
    this.#ofExited = AggregatorRegistry.aggregate([this.#ofExited, counters]).getMetricsAsArray();
    this.#late.delete(worker);
    this.#latest.delete(worker);
    this.#reports.emit(eventOf(worker));
  }

  /** Sends the metrics to a process that was scraped. */
  async reply(worker: Worker): Promise<void> {
    this.#collection ??= this.#collect().finally(() => (this.#collection = undefined));
    send(worker, { type: 'metrics', text: await this.#collection });
  }

  async #collect(): Promise<string> {
    await Promise.all(Array.from(this.#latest.keys(), (worker) => this.#request(worker)));
    const reports = Array.from(this.#latest, ([worker, { gauges, counters }]) =>
      this.#late.has(worker) ? counters : [...gauges, ...counters],
    );
    return AggregatorRegistry.aggregate([...reports, this.#ofExited]).metrics();
  }

  /** Resolves when the process has reported, exited or not reported in time. A late one is not waited for again. */
  async #request(worker: Worker): Promise<void> {
    send(worker, { type: 'collect' });
    if (this.#late.has(worker)) return;
    this.#late.add(worker);
    const signal = AbortSignal.timeout(REPORT_TIMEOUT_MS);
    await once(this.#reports, eventOf(worker), { signal }).catch(() => undefined);
  }
}

const eventOf = ({ id }: Worker): string => String(id);
