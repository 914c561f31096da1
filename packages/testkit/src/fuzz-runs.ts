/** Returns the number of runs of a fuzz test: `usual`, multiplied by FUZZ_RUNS if that is set. */
export function fuzzRuns(usual: number): number {
  return usual * Number(process.env['FUZZ_RUNS'] ?? 1);
}
