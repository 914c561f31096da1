// Loaded into every service before its own code (`node --import`): at SIGUSR2 the wall clock of the process goes off by as
// many milliseconds as the file says. Monotonic time goes on as it does when a machine's clock is set.
import { readFileSync } from 'node:fs';

const RealDate = Date;
let offsetMs = 0;

class ShiftedDate extends RealDate {
  constructor(...values: unknown[]) {
    if (values.length === 0) super(ShiftedDate.now());
    // @ts-expect-error -- whatever Date takes
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
