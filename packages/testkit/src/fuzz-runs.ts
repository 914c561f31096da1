/** How often a fuzz test tries: a few times as part of all tests, FUZZ_RUNS times as many when that is set. */
export function fuzzRuns(usual: number): number {
  return usual * Number(process.env['FUZZ_RUNS'] ?? 1);
}
