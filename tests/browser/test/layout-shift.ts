import type { Page } from 'playwright-core';

/** Missing in the DOM types. */
interface LayoutShift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
}

interface WindowWithLayoutShift extends Window {
  takeLayoutShift?: () => number;
}

/** Runs in each new document of a page: adds up its layout shift, without shifts caused by user input. */
export function addUpLayoutShift(): void {
  let sum = 0;
  const add = (entries: PerformanceEntryList) => {
    for (const { value, hadRecentInput } of entries as LayoutShift[]) if (!hadRecentInput) sum += value;
  };
  const observer = new PerformanceObserver((list) => add(list.getEntries()));
  observer.observe({ type: 'layout-shift', buffered: true });
  (window as WindowWithLayoutShift).takeLayoutShift = () => {
    add(observer.takeRecords());
    const taken = sum;
    sum = 0;
    return taken;
  };
}

/** Returns the layout shift since the previous call in the same document. */
export function takeLayoutShift(page: Page): Promise<number> {
  return page.evaluate(() => (window as WindowWithLayoutShift).takeLayoutShift?.() ?? Number.NaN);
}
