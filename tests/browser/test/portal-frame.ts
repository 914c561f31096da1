import { expect } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import type { Frame, Page } from 'playwright-core';
import { waitUntilSettled } from './wait-until-settled.js';

/** Opens a page of the host, and returns the frame of the portal when it has settled. */
export async function openHost(page: Page, url: string): Promise<Frame> {
  await page.goto(url);
  return portalFrame(page);
}

export async function portalFrame(page: Page): Promise<Frame> {
  await eventually(() => expect(page.frames()[1]?.url()).toContain('/portal'));
  const frame = page.frames()[1];
  if (!frame) throw new Error('The host page has no frame.');
  await waitUntilSettled(frame);
  return frame;
}
