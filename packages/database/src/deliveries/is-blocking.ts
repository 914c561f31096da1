import { LIVE_CHAIN } from '@posthorn/core';

/** Returns the condition that a delivery is the head of a live chain and has failed: those that follow it wait for its retry. */
export const isBlocking = (alias: string): string =>
  `${alias}.chain = '${LIVE_CHAIN}' AND ${alias}.attempt_count > 0`;
