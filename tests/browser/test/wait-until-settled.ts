import type { Frame, Page } from 'playwright-core';

/** Waits until a page has loaded its data, plots and fonts, and has rendered the last change of its size or color scheme. */
export async function waitUntilSettled(frame: Page | Frame): Promise<void> {
  await frame.getByRole('heading', { level: 1 }).waitFor();
  // Skeletons of Mantine.
  await frame.waitForFunction(() => document.querySelector('[data-visible][data-animate]') === null);
  await frame.evaluate(async () => {
    await document.fonts.ready;
    // Listeners of media queries and sizes run in the first frame; the second one shows what they rendered.
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
  });
}
