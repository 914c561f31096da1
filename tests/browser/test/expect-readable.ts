import { expect } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import type { Frame, Page } from 'playwright-core';
import { textsAndAttributes } from './page-texts.js';

const PLACEHOLDER = /\{\{|\{\w+\}/;

interface Readable {
  page: Page;
  portal: Page | Frame;
  /** Matches the texts that have a translation. Undefined for English. */
  english: RegExp | undefined;
}

/** Expects that texts fit into buttons and dialogs, that dialogs fit into the window, and that no text is a template or in English. */
export async function expectReadable({ page, portal, english }: Readable): Promise<void> {
  // A host page adapts to a new size after its frame.
  await eventually(async () => {
    expect(await portal.evaluate(overflowingTexts)).toEqual([]);
    expect(await dialogsOutside(page, portal)).toEqual([]);
  });
  const texts = await portal.evaluate(textsAndAttributes);
  expect(texts.filter((text) => PLACEHOLDER.test(text) || english?.test(text))).toEqual([]);
}

/** Returns the dialogs that are not completely in the window. */
async function dialogsOutside(page: Page, portal: Page | Frame) {
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  const dialogs = await portal.getByRole('dialog').all();
  const boxes = await Promise.all(dialogs.map((dialog) => dialog.boundingBox()));
  return boxes.filter(
    (box) => box && (box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height),
  );
}

/** Runs in the page: returns the texts that are wider or higher than their button, or wider than a part of their dialog. */
function overflowingTexts(): string[] {
  const range = document.createRange();
  const found: string[] = [];
  for (const box of document.querySelectorAll('button, a[class*="Button-root"], [role="dialog"]')) {
    const nodes = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    while (nodes.nextNode())
      if (isCut(nodes.currentNode, box)) found.push(nodes.currentNode.textContent ?? '');
  }
  return found;

  function isCut(node: Node, box: Element): boolean {
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    if (text.width === 0 || !node.parentElement?.checkVisibility({ visibilityProperty: true })) return false;
    for (let part: Element = node.parentElement; ; part = part.parentElement ?? box) {
      const { left, right, top, bottom, width } = part.getBoundingClientRect();
      const isForScreenReaders = width <= 1;
      const isScrolled = part !== box && /auto|scroll/.test(getComputedStyle(part).overflowX);
      if (isForScreenReaders || isScrolled) return false;
      if (text.left < left - 1 || text.right > right + 1) return true;
      if (part !== box) continue;
      return box.role !== 'dialog' && (text.top < top - 1 || text.bottom > bottom + 1);
    }
  }
}
