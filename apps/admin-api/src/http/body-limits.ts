import type { MemoryBudgetLimits } from '@posthorn/core';
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
 * Memory for the bodies of all requests in progress. A container has a heap of 768 MB. The largest batch needs 36 MB, so one
 * tenant can have one at a time, and all tenants together four.
 */
export const BODY_MEMORY: MemoryBudgetLimits = {
  totalBytes: 192 * MIB,
  perOwnerBytes: 72 * MIB,
  largeBytes: 2 * MIB,
  largeShare: 0.75,
};

/** 64 KB/s. A body of up to 640 KB has to arrive within ten seconds. */
export const SLOWEST_UPLOAD: UploadSpeed = { bytes: 640 * 1024, windowMs: 10_000 };
