import type { Part } from '@posthorn/core';

/** A request without a response yet. */
interface InFlightRequest {
  startedAtMs: number;
  /** Called when the request is late, and again at each check until it returns true. */
  onLate: () => boolean;
  /** Called once, when the request has been in flight for so long that its receiver counts as slow. */
  onOverdue: () => void;
}

/** The ages of a request, in milliseconds. */
export interface Thresholds {
  lateMs: () => number;
  overdueMs: number;
}

const CHECK_INTERVAL_MS = 50;

/** Watches all requests in flight in this process with one timer. */
export class InFlightRequests implements Part {
  // A Set keeps the order of insertion, which is that of the starts.
  readonly #notLate = new Set<InFlightRequest>();
  readonly #notOverdue = new Set<InFlightRequest>();
  readonly #thresholds: Thresholds;
  readonly #monotonicMs: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(thresholds: Thresholds, monotonicMs: () => number) {
    this.#thresholds = thresholds;
    this.#monotonicMs = monotonicMs;
  }

  /** Watches a request until its promise settles. */
  async track<T>(request: InFlightRequest, outcome: Promise<T>): Promise<T> {
    this.#notLate.add(request);
    this.#notOverdue.add(request);
    this.#timer ??= setInterval(() => this.#check(), CHECK_INTERVAL_MS).unref();
    try {
      return await outcome;
    } finally {
      this.#notLate.delete(request);
      this.#notOverdue.delete(request);
    }
  }

  async stop(): Promise<void> {
    this.#stopTimer();
  }

  #check(): void {
    const now = this.#monotonicMs();
    for (const request of startedBefore(this.#notLate, now - this.#thresholds.lateMs())) {
      if (request.onLate()) this.#notLate.delete(request);
    }
    for (const request of startedBefore(this.#notOverdue, now - this.#thresholds.overdueMs)) {
      this.#notOverdue.delete(request);
      request.onOverdue();
    }
    if (this.#notLate.size === 0 && this.#notOverdue.size === 0) this.#stopTimer();
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** @param requests in the order of their starts */
function* startedBefore(requests: Set<InFlightRequest>, timeMs: number): Generator<InFlightRequest> {
  for (const request of requests) {
    if (request.startedAtMs > timeMs) return;
    yield request;
  }
}
