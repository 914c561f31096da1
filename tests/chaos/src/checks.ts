/** Counts what held and what did not, a line for each. */
export class Checks {
  passed = 0;
  failed = 0;
  readonly failures: string[] = [];

  check(what: string, holds: boolean, seen?: unknown): void {
    if (holds) this.passed += 1;
    else {
      this.failed += 1;
      this.failures.push(what);
    }
    const told = holds || seen === undefined ? '' : `: ${JSON.stringify(seen)}`;
    console.log(`${holds ? '  ok  ' : ' FAIL '} ${what}${told}`);
  }

  /** A count that must be nothing; `examples` are told when it is not. */
  none(what: string, found: readonly unknown[]): void {
    this.check(`${what}: ${found.length}`, found.length === 0, found.slice(0, 3));
  }
}
