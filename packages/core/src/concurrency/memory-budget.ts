export interface MemoryBudgetLimits {
  /** Limit for all owners together, in bytes. */
  totalBytes: number;
  /** Limit for each owner, in bytes. */
  perOwnerBytes: number;
  /** Reservations above this size are large. */
  largeBytes: number;
  /** The part of both limits that large reservations can fill, from 0 to 1. The rest is for small ones. */
  largeShare: number;
}

/** The result of a reservation: done, or the limit that it would exceed. */
export type Reserved = 'reserved' | 'total_exceeded' | 'owner_exceeded';

/** The memory reserved by one piece of work, such as a request. */
export interface Reservation {
  /** Sets the size of the reservation. When that would exceed a limit, nothing changes. */
  resize(bytes: number): Reserved;
  /** Releases all of it. Safe to call twice. */
  release(): void;
}

/** Creates a budget of memory that work reserves before it allocates it. Small reservations never wait for large ones. */
export class MemoryBudget {
  readonly #limits: MemoryBudgetLimits;
  readonly #byOwner = new Map<string, number>();
  #totalBytes = 0;

  constructor(limits: MemoryBudgetLimits) {
    this.#limits = limits;
  }

  /** The memory reserved by all owners, in bytes. */
  get reservedBytes(): number {
    return this.#totalBytes;
  }

  /** Creates a reservation of 0 bytes. @param owner null for work that only the limit for all owners bounds */
  open(owner: string | null): Reservation {
    let reservedBytes = 0;
    const set = (bytes: number): void => {
      this.#add(owner, bytes - reservedBytes);
      reservedBytes = bytes;
    };
    return {
      resize: (bytes) => {
        const verdict = this.#check(owner, bytes, bytes - reservedBytes);
        if (verdict === 'reserved') set(bytes);
        return verdict;
      },
      release: () => set(0),
    };
  }

  #check(owner: string | null, bytes: number, addedBytes: number): Reserved {
    const { totalBytes, perOwnerBytes, largeBytes, largeShare } = this.#limits;
    if (addedBytes <= 0) return 'reserved';
    const share = bytes > largeBytes ? largeShare : 1;
    const ownBytes = owner === null ? 0 : (this.#byOwner.get(owner) ?? 0) + addedBytes;
    if (ownBytes > perOwnerBytes * share) return 'owner_exceeded';
    return this.#totalBytes + addedBytes > totalBytes * share ? 'total_exceeded' : 'reserved';
  }

  #add(owner: string | null, bytes: number): void {
    this.#totalBytes += bytes;
    if (owner === null) return;
    const ownBytes = (this.#byOwner.get(owner) ?? 0) + bytes;
    if (ownBytes === 0) this.#byOwner.delete(owner);
    else this.#byOwner.set(owner, ownBytes);
  }
}
