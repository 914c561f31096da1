import type { Frame, Page } from 'playwright-core';

/** Waits until everything of a page is there: data, plots, fonts; and until nothing moves any more. */
export async function settled(frame: Page | Frame): Promise<void> {
  await frame.getByRole('heading', { level: 1 }).waitFor();
  // What stands in the place of what is loading.
  await frame.waitForFunction(() => document.querySelector('[data-visible][data-animate]') === null);
  await frame.evaluate(async () => {
    const transitions = document.getAnimations().filter((each) => each instanceof CSSTransition);
    await Promise.all([document.fonts.ready, ...transitions.map(({ finished }) => finished)]).catch(() => {
      // Its element is gone, and so is what moved.
    });
  });
}
