// Loaded into every service before its own code (`node --import`). On SIGUSR2 it shifts the wall clock of the process by the
// number of milliseconds in the file. Monotonic time is not affected, as when a machine's clock is set.
import { readFileSync } from 'node:fs';

const RealDate = Date;
let offsetMs = 0;

class ShiftedDate extends RealDate {
  constructor(...values: unknown[]) {
    if (values.length === 0) super(ShiftedDate.now());
    // @ts-expect-error -- any arguments that Date accepts
    else super(...values);
  }

  static override now(): number {
    return RealDate.now() + offsetMs;
  }
}

const file = process.env['CHAOS_CLOCK_FILE'];
if (file !== undefined) {
  globalThis.Date = ShiftedDate as DateConstructor;
  process.on('SIGUSR2', () => {
    offsetMs = Number(readFileSync(file, 'utf8'));
  });
}
