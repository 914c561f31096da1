import { error, type Finding, ok, warning } from './finding.js';

/** Beyond this, an event published just after a webhook was activated may count as published before. */
const NOTICEABLE_MS = 1000;

/** Receivers accept timestamps up to 5 minutes off; half of that is left for other delays. */
const HARMFUL_MS = 150_000;

const ADVICE = 'Synchronize all clocks with NTP.';

/** Checks the clock of a server against this machine. @param precisionMs how far off the reading may be */
export function checkClock(server: string, offsetMs: number, precisionMs = 0): Finding {
  const check = 'clocks';
  const off = Math.max(Math.abs(offsetMs) - precisionMs, 0);
  const side = offsetMs > 0 ? 'ahead of' : 'behind';
  const message = `${server} is ${(off / 1000).toFixed(1)} s ${side} this machine`;
  if (off > HARMFUL_MS)
    return error(check, message, `${ADVICE} Receivers reject timestamps that are minutes off.`);
  if (off > NOTICEABLE_MS) return warning(check, message, ADVICE);
  return ok(check, `${server} matches this machine to the second`);
}
