interface Request {
  bytes: number;
  grant: () => void;
}

/** Bounds the total size of the data in memory. Requests are granted in the order of their arrival. */
export class ByteBudget {
  #freeBytes: number;
  readonly #waiting: Request[] = [];

  constructor(bytes: number) {
    this.#freeBytes = bytes;
  }

  /** Runs `work` as soon as `bytes` are free. `bytes` must not exceed the budget. */
  async use<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((grant) => {
      this.#waiting.push({ bytes, grant });
      this.#grantNext();
    });
    try {
      return await work();
    } finally {
      this.#freeBytes += bytes;
      this.#grantNext();
    }
  }

  #grantNext(): void {
    for (let next = this.#waiting[0]; next && next.bytes <= this.#freeBytes; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#freeBytes -= next.bytes;
      next.grant();
    }
  }
}
