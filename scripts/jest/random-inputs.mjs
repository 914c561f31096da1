// The seed of fast-check. Each run of the tests generates the same inputs, so that it fails only for what has changed since the last
// one. With FUZZ_RUNS, which multiplies the number of inputs, the seed is random: that is for finding new faults.
import { configureGlobal } from 'fast-check';

const factor = process.env.FUZZ_RUNS;
configureGlobal(factor ? { numRuns: 100 * Number(factor) } : { seed: 1 });
