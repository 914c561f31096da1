/** Over shorter times it says more of the last task than of the process, in milliseconds. */
const MEASURED_OVER_MS = 100;

/** Tells how busy this process has been of late, 0 to 1. Time that it had to wait for a processor counts, too. */
export function createUtilizationMeter(): () => number {
  let from = performance.eventLoopUtilization();
  let fromMs = performance.now();
  let busy = 0;
  return () => {
    if (performance.now() - fromMs < MEASURED_OVER_MS) return busy;
    busy = performance.eventLoopUtilization(from).utilization;
    from = performance.eventLoopUtilization();
    fromMs = performance.now();
    return busy;
  };
}
