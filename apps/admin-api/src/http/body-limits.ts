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

/** Returns the limits of each process of a group. */
export const bodyMemoryOf = (group: Pick<ProcessGroup, 'size'>): MemoryBudgetLimits => ({
  ...BODY_MEMORY,
  totalBytes: Math.max(shareOf(BODY_MEMORY.totalBytes, group), MIN_BODY_MEMORY.totalBytes),
  perOwnerBytes: Math.max(shareOf(BODY_MEMORY.perOwnerBytes, group), MIN_BODY_MEMORY.perOwnerBytes),
});

/** 64 KB/s. A body of up to 640 KB has to arrive within ten seconds. */
export const SLOWEST_UPLOAD: UploadSpeed = { bytes: 640 * 1024, windowMs: 10_000 };
