import { error, type Finding, ok, warning } from './finding.js';

/** Beyond this, what was published just after a webhook was activated may count as before. */
const NOTICEABLE_MS = 1000;

/** Receivers take signatures whose time is up to 5 minutes off; half of that is for everything else. */
const HARMFUL_MS = 150_000;

const ADVICE = 'Keep all clocks by NTP.';

/** @param precisionMs how far off the reading may be */
export function checkClock(whose: string, offsetMs: number, precisionMs = 0): Finding {
  const check = 'clocks';
  const off = Math.max(Math.abs(offsetMs) - precisionMs, 0);
  const side = offsetMs > 0 ? 'ahead of' : 'behind';
  const message = `${whose}: ${(off / 1000).toFixed(1)} s ${side} this machine`;
  if (off > HARMFUL_MS)
    return error(check, message, `${ADVICE} Receivers refuse signatures that are minutes off.`);
  if (off > NOTICEABLE_MS) return warning(check, message, ADVICE);
  return ok(check, `${whose}: as here, to the second`);
}
