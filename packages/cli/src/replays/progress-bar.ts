import cliProgress from 'cli-progress';
import { host } from '../host/host.js';
import { failedOf, type Run } from './run.js';

interface ProgressBar {
  show(run: Run): void;
  stop(): void;
}

/** Starts a progress bar on stderr, or a line every two seconds if that is not a terminal. */
export function progressBar({ total }: Run): ProgressBar {
  const bar = new cliProgress.SingleBar(
    {
      format:
        '{bar} {percentage}% | {value} of {total} | {succeeded} succeeded, {failed} failed, {dropped} dropped',
      stream: host().stderr,
      noTTYOutput: true,
      notTTYSchedule: 2000,
      hideCursor: true,
      // Ctrl-C is handled by the caller.
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0, { succeeded: 0, failed: 0, dropped: 0 });
  return {
    show(run) {
      const { succeeded, dropped } = run.progress;
      const failed = failedOf(run);
      bar.update(succeeded + failed + dropped, { succeeded, failed, dropped });
    },
    stop: () => bar.stop(),
  };
}
