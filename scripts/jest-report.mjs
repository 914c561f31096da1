// What `scripts/test.mjs` prints of the reports that Jest writes with --json.
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { root } from './setup.mjs';

const pathOf = (file) => path.relative(root, file);

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
    .map(({ name, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${pathOf(name)}`);
}

/**
 * Returns the tests of a Jest report that failed: path, name and the first lines of the error. Of a file that could not be loaded,
 * its path and error.
 *
 * @param {{ testResults: { name: string, status: string, message: string, assertionResults: { fullName: string, status: string, failureMessages: string[] }[] }[] }} report
 */
export function failedTests({ testResults }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [describe(pathOf(name), message)] : [];
    return failed.map(({ fullName, failureMessages: [error = ''] }) =>
      describe(`${pathOf(name)}: ${fullName}`, error),
    );
  });
}

const LINES_OF_ERROR = 8;

function describe(subject, error) {
  const lines = stripVTControlCharacters(error)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return [subject, ...lines.slice(0, LINES_OF_ERROR).map((line) => `  ${line}`)].join('\n');
}
