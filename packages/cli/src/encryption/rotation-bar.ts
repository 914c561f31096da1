import cliProgress from 'cli-progress';
import { host } from '../host/host.js';

export type RotationBar = Pick<cliProgress.SingleBar, 'setTotal' | 'update' | 'stop'>;

/** Starts a progress bar on stderr, or a line every two seconds if that is not a terminal. */
export function rotationBar(total: number): RotationBar {
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {percentage}% | {value} of {total} values',
      stream: host().stderr,
      noTTYOutput: true,
      notTTYSchedule: 2000,
      hideCursor: true,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0);
  return bar;
}
