import { type Lane, LANES } from '@posthorn/core';

/** The permit of one delivery to run in its lane. */
export interface LanePermit {
  /**
   * Assigns the permit to a tenant, before its request starts. Returns false if the tenant uses its share of the lane: then the
   * delivery must end. Has no effect when it is already assigned.
   */
  claim: (tenantId: string) => boolean;
  /** Frees the permit while the request continues and holds its payload in memory. Returns whether the delivery is detached. */
  detach(payloadBytes: number): boolean;
  /** Frees the permit, when the delivery has ended. */
  release(): void;
}

interface LanePermitsOptions {
  concurrency: Record<Lane, number>;
  /** Maximum number of detached deliveries, of all lanes and tenants. */
  maxDetached: number;
  /** Maximum number of bytes of their payloads. */
  maxDetachedBytes: number;
}

/** Fraction of its concurrency above which a lane counts as full. */
const FULL_FRACTION = 0.75;

/** A payload that is larger than nearly all, in bytes. Whether a delivery can be detached is estimated with it. */
const LARGE_PAYLOAD_BYTES = 256 * 1024;

/**
 * Counts the deliveries that run in the lanes of this process and those that are detached from them, and shares both among the
 * tenants. Of detached deliveries, of the bytes of their payloads, and of those in a lane that may not be able to detach, a tenant has at most as many as are
 * left free. So one tenant alone can use half of the maximum, and two can use two thirds, and there is always a permit for
 * others.
 */
export class LanePermits {
  readonly #concurrency: Record<Lane, number>;
  /** The current concurrency. */
  readonly #limits: Record<Lane, number>;
  readonly #maxDetached: number;
  readonly #maxDetachedBytes: number;
  readonly #running: Record<Lane, number> = { fast: 0, slow: 0, retry: 0, replay: 0 };
  /** Permits by lane and tenant. */
  readonly #claimed = {
    fast: new TenantCounts(),
    slow: new TenantCounts(),
    retry: new TenantCounts(),
    replay: new TenantCounts(),
  };
  readonly #detached = new TenantCounts();
  readonly #detachedBytes = new TenantCounts();

  constructor({ concurrency, maxDetached, maxDetachedBytes }: LanePermitsOptions) {
    this.#concurrency = concurrency;
    this.#limits = { ...concurrency };
    this.#maxDetached = maxDetached;
    this.#maxDetachedBytes = maxDetachedBytes;
  }

  /** Whether the lane is so full that new deliveries may have to wait. */
  isFull(lane: Lane): boolean {
    return this.#running[lane] > this.#limits[lane] * FULL_FRACTION;
  }

  /** Whether a lane has fewer permits than usual. */
  get isLimited(): boolean {
    return LANES.some((lane) => this.#limits[lane] < this.#concurrency[lane]);
  }

  /** Whether a delivery of a tenant can start in a lane that is neither full nor limited. */
  hasRoomFor(lane: Lane, tenantId: string): boolean {
    const isFree = this.#running[lane] < this.#limits[lane] * FULL_FRACTION;
    return isFree && !this.isLimited && this.roomFor(lane, tenantId) > 0;
  }

  /**
   * Returns how many more deliveries of a tenant find a permit in a lane now.
   * @param running the deliveries that run in the lane
   */
  roomFor(lane: Lane, tenantId: string, running = this.#running[lane]): number {
    const claimed = this.#claimed[lane].of(tenantId);
    const free = this.#limits[lane] - running;
    // Each one that starts uses one of those that are left free.
    return Math.max(this.#detachable(tenantId) - claimed, Math.floor((free - claimed) / 2), 1 - claimed, 0);
  }

  /**
   * Returns how many held deliveries of a tenant to release for a lane: as many as find a permit, or without a limit while it uses less than
   * half of its share.
   */
  releasable(lane: Lane, tenantId: string): number {
    const room = this.roomFor(lane, tenantId);
    const used = this.#claimed[lane].of(tenantId) + this.#detached.of(tenantId);
    return used < room ? Infinity : room;
  }

  /** Deliveries that run in the lane, without the detached ones. */
  running(lane: Lane): number {
    return this.#running[lane];
  }

  get detachedCount(): number {
    return this.#detached.total;
  }

  /** Limits the concurrency of a lane for a while. */
  limit(lane: Lane, concurrency: number): void {
    this.#limits[lane] = concurrency;
  }

  /** Returns a permit for a delivery in a lane. There is no limit: BullMQ limits the concurrency. */
  acquire(lane: Lane): LanePermit {
    this.#running[lane] += 1;
    let owner: string | null = null;
    let detachedBytes: number | null = null;
    const leaveLane = () => {
      this.#running[lane] -= 1;
      if (owner !== null) this.#claimed[lane].add(owner, -1);
    };
    return {
      claim: (tenantId) => {
        if (owner !== null) return true;
        // It counts as running already.
        if (this.roomFor(lane, tenantId, this.#running[lane] - 1) === 0) return false;
        owner = tenantId;
        this.#claimed[lane].add(tenantId, 1);
        return true;
      },
      detach: (payloadBytes) => {
        if (detachedBytes !== null) return true;
        if (owner === null || !this.isFull(lane) || !this.#canDetach(owner, payloadBytes)) return false;
        leaveLane();
        this.#detached.add(owner, 1);
        this.#detachedBytes.add(owner, payloadBytes);
        detachedBytes = payloadBytes;
        return true;
      },
      release: () => {
        if (detachedBytes === null || owner === null) return leaveLane();
        this.#detached.add(owner, -1);
        this.#detachedBytes.add(owner, -detachedBytes);
      },
    };
  }

  /** Returns how many deliveries of a tenant can be detached, at least. */
  #detachable(tenantId: string): number {
    const bytes = this.#detachedBytes.leftFor(tenantId, this.#maxDetachedBytes);
    return Math.min(
      this.#detached.leftFor(tenantId, this.#maxDetached),
      Math.floor(bytes / LARGE_PAYLOAD_BYTES),
    );
  }

  #canDetach(tenantId: string, payloadBytes: number): boolean {
    const hasPermit = this.#detached.leftFor(tenantId, this.#maxDetached) >= 1;
    return hasPermit && this.#detachedBytes.leftFor(tenantId, this.#maxDetachedBytes) >= payloadBytes;
  }
}

class TenantCounts {
  total = 0;
  readonly #counts = new Map<string, number>();

  of(tenantId: string): number {
    return this.#counts.get(tenantId) ?? 0;
  }

  /** Returns how much more a tenant can use, so that it has at most as much as is left free. */
  leftFor(tenantId: string, max: number): number {
    return max - this.total - this.of(tenantId);
  }

  add(tenantId: string, change: number): void {
    this.total += change;
    const count = this.of(tenantId) + change;
    if (count === 0) this.#counts.delete(tenantId);
    else this.#counts.set(tenantId, count);
  }
}
