import path from 'node:path';
import { root } from './setup.mjs';

/**
 * Returns the slowest test files of a Jest report, slowest first, one line each: seconds, then the path.
 *
 * @param {{ testResults: { name: string, startTime: number, endTime: number }[] }} report
 * @param {number} limit
 */
export function slowestFiles({ testResults }, limit) {
  return testResults
    .map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1000 }))
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, limit)
    .map(({ name, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${path.relative(root, name)}`);
}
