import { expect } from '@jest/globals';
import axeCore, { type AxeResults, type RunOptions } from 'axe-core';
import type { Frame, Page } from 'playwright-core';

/** A window in which axe is loaded. */
interface WindowWithAxe extends Window {
  axe?: typeof axeCore;
}

const RULES = {
  all: {},
  /** For another color scheme of a page that was already checked. */
  colors: { runOnly: ['color-contrast'] },
} satisfies Record<string, RunOptions>;

/**
 * Fails with the violations that axe finds, of WCAG 2.1 AA and its best practices: in the open dialog, else in the page. The page
 * behind a dialog is inert.
 */
export async function expectAccessible(
  frame: Page | Frame,
  rules: keyof typeof RULES = 'all',
): Promise<void> {
  if (!(await frame.evaluate(() => 'axe' in window))) await frame.evaluate(axeCore.source);
  const { violations } = await frame.evaluate(
    async (options): Promise<Pick<AxeResults, 'violations'>> => {
      const root = document.querySelector('[aria-modal="true"]') ?? document;
      const results = await (window as WindowWithAxe).axe?.run(root, options);
      if (!results) throw new Error('axe is not loaded in this page');
      return { violations: results.violations };
    },
    { resultTypes: ['violations'], ...RULES[rules] } satisfies RunOptions,
  );
  expect(
    violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
    ),
  ).toEqual([]);
}
