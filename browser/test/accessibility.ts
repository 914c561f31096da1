import { expect } from '@jest/globals';
import axeCore, { type AxeResults } from 'axe-core';
import type { Frame, Page } from 'playwright-core';

/** What axe leaves behind in a page. */
interface WindowWithAxe extends Window {
  axe: typeof axeCore;
}

/** Fails with what somebody could not see, hear or reach, by every rule that axe has: WCAG 2.1 AA and its best practices. */
export async function expectAccessible(frame: Page | Frame): Promise<void> {
  await frame.evaluate(axeCore.source);
  const { violations } = await frame.evaluate((): Promise<AxeResults> =>
    (window as unknown as WindowWithAxe).axe.run(document, { resultTypes: ['violations'] }),
  );
  expect(
    violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
    ),
  ).toEqual([]);
}
