/** Custom property with the greatest height at which the element is wholly visible. */
export const VISIBLE_HEIGHT = '--posthorn-portal-visible-height';

/**
 * Limits the element to the height that its scroll containers show at once. What a fixed header covers is the `scroll-padding` of the
 * container.
 */
export function fitIntoScrollports(element: HTMLElement): void {
  // At the default height, every container that is too low for the element overflows.
  element.style.removeProperty(VISIBLE_HEIGHT);
  const heights = overflowingAncestors(element).map((box) => box.clientHeight - scrollPadding(box));
  const ofWindow = window.innerHeight - scrollPadding(document.documentElement);
  element.style.setProperty(VISIBLE_HEIGHT, `${Math.min(ofWindow, ...heights)}px`);
}

function overflowingAncestors(element: Element): Element[] {
  const ancestors: Element[] = [];
  for (let parent = parentOf(element); parent !== null; parent = parentOf(parent)) ancestors.push(parent);
  return ancestors.filter(
    (box) =>
      // The window scrolls these two.
      box !== document.body &&
      box !== document.documentElement &&
      /auto|scroll/.test(getComputedStyle(box).overflowY) &&
      box.scrollHeight > box.clientHeight,
  );
}

function parentOf(element: Element): Element | null {
  const root = element.getRootNode();
  return element.assignedSlot ?? element.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}

function scrollPadding(box: Element): number {
  const { scrollPaddingTop, scrollPaddingBottom } = getComputedStyle(box);
  return pixels(scrollPaddingTop) + pixels(scrollPaddingBottom);
}

const pixels = (length: string): number => (length.endsWith('px') ? Number.parseFloat(length) : 0);
