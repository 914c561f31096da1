// Reports each test to run-tests.mjs at once: one line of JSON on descriptor 3.
import { writeSync } from 'node:fs';

const report = (line) => writeSync(3, `${JSON.stringify(line)}\n`);

export default class LineReporter {
  onTestCaseResult({ path: file }, { fullName: test, status, failureMessages }) {
    report({ file, test, status, reason: failureMessages[0] });
  }

  /** Reports a file that cannot run. */
  onTestFileResult({ path: file }, { numFailingTests, failureMessage }) {
    if (failureMessage && numFailingTests === 0) report({ file, status: 'broken', reason: failureMessage });
  }
}
