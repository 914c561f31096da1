import type { MemoryBudgetLimits } from '@posthorn/core';
import { type ProcessGroup, shareOf } from '@posthorn/runtime';
import type { UploadSpeed } from './receive-bytes.js';

const MIB = 1024 * 1024;

/**
 * Returns the memory of a request while it is handled, in bytes: its body as bytes, as text, parsed and serialized again. A
 * structural character stands for a value, which takes up to 75 bytes and rarely more than 30.
 */
export function memoryBytesOf(body: { bytes: number; structuralCharacters: number }): number {
  return 4 * body.bytes + 64 * body.structuralCharacters;
}

/**
 * Memory for the bodies of all requests in progress of a single process. A container has a heap of 768 MB. The largest batch needs 36 MB, so one
 * tenant can have one at a time, and all tenants together four.
 */
export const BODY_MEMORY: MemoryBudgetLimits = {
  totalBytes: 192 * MIB,
  perOwnerBytes: 72 * MIB,
  largeBytes: 2 * MIB,
  largeShare: 0.75,
};

/** The largest batch fits, and one tenant leaves memory to the others. */
const MIN_BODY_MEMORY = { totalBytes: 72 * MIB, perOwnerBytes: 48 * MIB };

/** Returns the limits of bodies for each process of a group. */
export const bodyMemoryOf = (group: Pick<ProcessGroup, 'size'>): MemoryBudgetLimits =>
  shareOfLimits(BODY_MEMORY, MIN_BODY_MEMORY, group);

/**
 * Memory for the pages of feeds that a single process sends. The largest page needs 8 MB or a little more. Slow readers of such pages leave
 * a quarter to the others.
 */
export const PAGE_MEMORY: MemoryBudgetLimits = {
  totalBytes: 128 * MIB,
  perOwnerBytes: 48 * MIB,
  largeBytes: 1 * MIB,
  largeShare: 0.75,
};

/** Two of the largest pages fit. */
const MIN_PAGE_MEMORY = { totalBytes: 48 * MIB, perOwnerBytes: 24 * MIB };

/** Returns the limits of pages for each process of a group. */
export const pageMemoryOf = (group: Pick<ProcessGroup, 'size'>): MemoryBudgetLimits =>
  shareOfLimits(PAGE_MEMORY, MIN_PAGE_MEMORY, group);

const shareOfLimits = (
  limits: MemoryBudgetLimits,
  min: Pick<MemoryBudgetLimits, 'totalBytes' | 'perOwnerBytes'>,
  group: Pick<ProcessGroup, 'size'>,
): MemoryBudgetLimits => ({
  ...limits,
  totalBytes: Math.max(shareOf(limits.totalBytes, group), min.totalBytes),
  perOwnerBytes: Math.max(shareOf(limits.perOwnerBytes, group), min.perOwnerBytes),
});

/** 64 KB/s. A body of up to 640 KB has to arrive within ten seconds. */
export const SLOWEST_UPLOAD: UploadSpeed = { bytes: 640 * 1024, windowMs: 10_000 };
