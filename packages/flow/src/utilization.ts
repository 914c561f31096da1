/** Over a shorter interval the value reflects the last task rather than the process, in milliseconds. */
const INTERVAL_MS = 100;

/**
 * Returns a function that returns the recent event loop utilization of this process, 0 to 1. Time in which the process
 * waited for a processor counts as busy.
 */
export function createUtilizationMeter(): () => number {
  let from = performance.eventLoopUtilization();
  let fromMs = performance.now();
  let utilization = 0;
  return () => {
    if (performance.now() - fromMs < INTERVAL_MS) return utilization;
    utilization = performance.eventLoopUtilization(from).utilization;
    from = performance.eventLoopUtilization();
    fromMs = performance.now();
    return utilization;
  };
}
