/** Counts passed and failed checks and prints a line for each. */
export class Checks {
  passed = 0;
  failed = 0;
  readonly failures: string[] = [];

  /** @param actual printed when the check fails */
  check(name: string, passes: boolean, actual?: unknown): void {
    if (passes) this.passed += 1;
    else {
      this.failed += 1;
      this.failures.push(name);
    }
    const details = passes || actual === undefined ? '' : `: ${JSON.stringify(actual)}`;
    console.log(`${passes ? '  ok  ' : ' FAIL '} ${name}${details}`);
  }

  /** Checks that `found` is empty; prints up to three of its items when it is not. */
  none(name: string, found: readonly unknown[]): void {
    this.check(`${name}: ${found.length}`, found.length === 0, found.slice(0, 3));
  }
}
