import type { Frame, Page } from 'playwright-core';

/** Waits until a page has loaded its data, plots and fonts, and all transitions have finished. */
export async function waitUntilSettled(frame: Page | Frame): Promise<void> {
  await frame.getByRole('heading', { level: 1 }).waitFor();
  // Skeletons of Mantine.
  await frame.waitForFunction(() => document.querySelector('[data-visible][data-animate]') === null);
  await frame.evaluate(async () => {
    const transitions = document.getAnimations().filter((each) => each instanceof CSSTransition);
    await Promise.all([document.fonts.ready, ...transitions.map(({ finished }) => finished)]).catch(() => {
      // The element of the transition was removed.
    });
  });
}
