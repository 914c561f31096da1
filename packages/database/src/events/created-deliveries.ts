import type { Lane } from '@posthorn/core';

/** The deliveries that were created for an accepted event. */
export interface CreatedDeliveries {
  eventId: string;
  deliveries: NewDelivery[];
  /** The number of further deliveries, which are read with a feed. */
  available: number;
}

interface NewDelivery {
  id: string;
  lane: Lane;
  /** Whether it may have to wait for another one of its chain. */
  isChained: boolean;
  /** What is needed to start it without reading it. Null unless that was requested, and for a delivery with a number. */
  stored: StoredDelivery | null;
}

export interface StoredDelivery {
  webhookId: string;
  /** As in `LoadedDelivery`. */
  webhookVersion: string;
  epoch: number;
  nextAttemptAt: Date;
}

/** Nothing was inserted, because erased events have these ids, which derive from idempotency keys. */
export interface ErasedIds {
  erasedIds: string[];
}

/** Nothing was inserted, because these keys are not active or have other rights. */
export interface RefusedKeys {
  refusedKeyIds: string[];
}
