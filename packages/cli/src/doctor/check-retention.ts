import type { ClockDifference } from '@posthorn/database/server';
import { error, type Finding, ok, warning } from './finding.js';

const CHECK = 'retention';
const HOUR_MS = 3_600_000;

/** Returns what a producer measured, for a sentence. */
export function clockDifferenceText({ differenceMs }: ClockDifference): string {
  const side = differenceMs > 0 ? 'ahead of' : 'behind';
  return `PostgreSQL is ${(Math.abs(differenceMs) / HOUR_MS).toFixed(1)} hours ${side} a producer`;
}

/** Checks whether expired data is dropped. @param difference as stored by the last maintenance */
export function checkRetention(difference: ClockDifference | null): Finding {
  if (difference === null) return ok(CHECK, 'Expired data is dropped');
  const text = clockDifferenceText(difference);
  if (difference.confirmed)
    return warning(CHECK, `${text}; confirmed, so the clock that is behind decides`, SYNCHRONIZE);
  return error(
    CHECK,
    `Nothing is dropped: ${text}`,
    `${SYNCHRONIZE} Or run \`posthorn maintenance confirm\`.`,
  );
}

const SYNCHRONIZE = 'Synchronize all clocks with NTP, and restart the producers.';
