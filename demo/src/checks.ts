/** Counts what held and what did not, a line for each. */
export class Checks {
  passed = 0;
  failed = 0;

  check(what: string, holds: boolean, seen?: unknown): void {
    if (holds) this.passed += 1;
    else this.failed += 1;
    console.log(
      `${holds ? '  ok  ' : ' FAIL '} ${what}${holds || seen === undefined ? '' : `: ${JSON.stringify(seen)}`}`,
    );
  }

  /** Whether two sets of ids are the same, to the last one. */
  same(what: string, got: ReadonlySet<string>, expected: ReadonlySet<string>): void {
    const missing = [...expected].filter((id) => !got.has(id));
    const unexpected = [...got].filter((id) => !expected.has(id));
    this.check(`${what} (${expected.size})`, missing.length === 0 && unexpected.length === 0, {
      missing: missing.slice(0, 3),
      unexpected: unexpected.slice(0, 3),
      missingCount: missing.length,
      unexpectedCount: unexpected.length,
    });
  }

  summary(): string {
    return `demo: ${this.passed} passed, ${this.failed} failed`;
  }
}
