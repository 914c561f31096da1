// Loaded into every service before its own code (`node --import`). On SIGUSR2 it reads from a file how the clocks of the process
// differ from the clocks of the machine.
import { readFileSync } from 'node:fs';

export interface ClockFault {
  /** Added to the wall clock, in milliseconds, as when the clock of a machine is set. Monotonic time is not affected. */
  wallOffsetMs: number;
  /** Monotonic time stands still while the process is stopped, as when a virtual machine is paused. */
  stopsMonotonicTime: boolean;
}

/** A process that did not run for this long was stopped, in milliseconds. */
const STOPPED_AFTER_MS = 500;
const CHECK_INTERVAL_MS = 20;

const RealDate = Date;
const realNow = performance.now.bind(performance);
let fault: ClockFault = { wallOffsetMs: 0, stopsMonotonicTime: false };
let stoppedMs = 0;
let lastSeenMs = realNow();

class ShiftedDate extends RealDate {
  constructor(...values: unknown[]) {
    if (values.length === 0) super(ShiftedDate.now());
    // @ts-expect-error -- any arguments that Date accepts
    else super(...values);
  }

  static override now(): number {
    return RealDate.now() + fault.wallOffsetMs;
  }
}

/** The first call after a stop finds that time has passed without a call. */
function monotonicNow(): number {
  const nowMs = realNow();
  if (fault.stopsMonotonicTime && nowMs - lastSeenMs > STOPPED_AFTER_MS) stoppedMs += nowMs - lastSeenMs;
  lastSeenMs = nowMs;
  return nowMs - stoppedMs;
}

const file = process.env['CHAOS_CLOCK_FILE'];
if (file !== undefined) {
  globalThis.Date = ShiftedDate as DateConstructor;
  performance.now = monotonicNow;
  setInterval(monotonicNow, CHECK_INTERVAL_MS).unref();
  process.on('SIGUSR2', () => {
    fault = JSON.parse(readFileSync(file, 'utf8')) as ClockFault;
  });
}
