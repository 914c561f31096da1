/** A request that is waiting for its answer. */
export interface RequestUnderWay {
  startedAtMs: number;
  /** Called when it takes longer than most, again and again until it answers true. */
  onLate: () => boolean;
  /** Called once, when it takes so long that its receiver counts as slow. */
  onOverdue: () => void;
}

const LOOK_EVERY_MS = 50;

/** Looks after the requests under way in this process: one timer for all of them. */
export class RequestsUnderWay {
  /** In the order of their starts, as a Set keeps them. */
  readonly #notLate = new Set<RequestUnderWay>();
  readonly #notOverdue = new Set<RequestUnderWay>();
  readonly #limits: { lateMs: number; overdueMs: number };
  readonly #monotonicMs: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: { lateMs: number; overdueMs: number }, monotonicMs: () => number) {
    this.#limits = limits;
    this.#monotonicMs = monotonicMs;
  }

  /** Watches a request until its promise settles. */
  async during<T>(request: RequestUnderWay, answer: Promise<T>): Promise<T> {
    this.#notLate.add(request);
    this.#notOverdue.add(request);
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    try {
      return await answer;
    } finally {
      this.#notLate.delete(request);
      this.#notOverdue.delete(request);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = this.#monotonicMs();
    for (const request of olderThan(this.#notLate, now - this.#limits.lateMs)) {
      if (request.onLate()) this.#notLate.delete(request);
    }
    for (const request of olderThan(this.#notOverdue, now - this.#limits.overdueMs)) {
      this.#notOverdue.delete(request);
      request.onOverdue();
    }
    if (this.#notLate.size === 0 && this.#notOverdue.size === 0) this.stop();
  }
}

/** Of requests in the order of their beginning, those that began before `thenMs`. */
function* olderThan(requests: Set<RequestUnderWay>, thenMs: number): Generator<RequestUnderWay> {
  for (const request of requests) {
    if (request.startedAtMs > thenMs) return;
    yield request;
  }
}
