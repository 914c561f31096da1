/** Counts passed and failed checks and prints a line for each. */
export class Checks {
  passed = 0;
  failed = 0;

  check(name: string, passes: boolean, actual?: unknown): void {
    if (passes) this.passed += 1;
    else this.failed += 1;
    console.log(
      `${passes ? '  ok  ' : ' FAIL '} ${name}${passes || actual === undefined ? '' : `: ${JSON.stringify(actual)}`}`,
    );
  }

  /** Checks that two sets of ids are equal. */
  same(name: string, actual: ReadonlySet<string>, expected: ReadonlySet<string>): void {
    const missing = [...expected].filter((id) => !actual.has(id));
    const unexpected = [...actual].filter((id) => !expected.has(id));
    this.check(`${name} (${expected.size})`, missing.length === 0 && unexpected.length === 0, {
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
