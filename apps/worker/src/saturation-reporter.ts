/** A tenant is reported at most once in this time, in milliseconds. */
const INTERVAL_MS = 250;

export interface SaturationReporterDeps {
  report: (tenantIds: string[]) => Promise<void>;
  onError: (error: unknown) => void;
}

/**
 * Returns a function that reports tenants whose deliveries were held because they use their share of a lane. Tenants are
 * batched, so that thousands of held deliveries need few reports.
 */
export function createSaturationReporter({ report, onError }: SaturationReporterDeps) {
  const collected = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    timer = undefined;
    const tenantIds = [...collected];
    collected.clear();
    report(tenantIds).catch(onError);
  }

  return (tenantId: string): void => {
    collected.add(tenantId);
    timer ??= setTimeout(flush, INTERVAL_MS).unref();
  };
}
