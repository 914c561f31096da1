/** Over shorter times the share says more of the last task than of the process. */
const MEASURED_OVER_MS = 250;

/** Tells what share of a core this process has used of late, 0 to 1. */
export function createUtilization(): () => number {
  let from = process.cpuUsage();
  let fromMs = performance.now();
  let share = 0;
  return () => {
    const elapsedMs = performance.now() - fromMs;
    if (elapsedMs < MEASURED_OVER_MS) return share;
    const { user, system } = process.cpuUsage(from);
    share = Math.min((user + system) / 1000 / elapsedMs, 1);
    from = process.cpuUsage();
    fromMs = performance.now();
    return share;
  };
}
