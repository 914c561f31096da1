// What opens over the page of an embedded portal is wholly visible, wherever the host page is scrolled.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import type { Frame, Locator, Page } from 'playwright-core';
import { NARROW } from './check-page.js';
import { dashboard } from './dashboard.js';
import { HOST_LAYOUTS, type HostLayout } from './host-page.js';
import { openHost } from './portal-frame.js';
import { openPortalPage } from './open-page.js';
import { portalLink } from './portal-links.js';
import { type BrowserUser, newBrowserUser } from './browser-user.js';
import type { SeededStack } from './seeded-stack.js';

const LAPTOP = { width: 1366, height: 768 };
const SIZES = { laptop: LAPTOP, phone: NARROW };

type Size = keyof typeof SIZES;

const SIZES_OF_HOSTS = Object.keys(SIZES) as Size[];

interface HostCase {
  layout: HostLayout;
  size: Size;
}

/** Scrolls the host page to the bottom, where a part of the frame is above the window. */
const END = 100_000;

interface OverlayCase {
  path: (ids: SeededStack['ids']) => string;
  /** Presses what opens it. */
  open: (frame: Frame) => Promise<void>;
  overlay: (frame: Frame) => Locator;
  /** Not on other screens. */
  only?: Size;
}

/** Does not scroll, unlike a click of Playwright. */
const press = (target: Locator) =>
  target.first().evaluate((element: HTMLElement) => {
    element.focus({ preventScroll: true });
    element.click();
  });

const button = (frame: Frame, name: string | RegExp) =>
  frame.getByRole('button', { name, exact: true }).first();
const dialog = (frame: Frame) => frame.getByRole('dialog', { name: /\S/ });
const menu = (frame: Frame) => frame.getByRole('menu');
const options = (frame: Frame) => frame.getByRole('listbox').filter({ visible: true });

const webhook = ({ webhook: id }: SeededStack['ids']) => `/webhooks/${id}`;

const dialogOf = (path: OverlayCase['path'], name: string): OverlayCase => ({
  path,
  open: (frame) => press(button(frame, name)),
  overlay: dialog,
});

const menuDialog = (item: string): OverlayCase => ({
  path: webhook,
  async open(frame) {
    await press(button(frame, 'More actions'));
    await press(frame.getByRole('menuitem', { name: item }));
    await menu(frame).waitFor({ state: 'detached' });
  },
  overlay: dialog,
});

const select = (path: string, name: string): OverlayCase => ({
  path: () => path,
  open: (frame) => press(frame.getByRole('combobox', { name })),
  overlay: options,
});

async function selectRows(frame: Frame): Promise<void> {
  await press(frame.getByRole('checkbox', { name: /^Select the first|^Select / }));
}

const OVERLAYS: Record<string, OverlayCase> = {
  'suspend a webhook': dialogOf(webhook, 'Suspend webhook'),
  'send a test event': dialogOf(webhook, 'Send test event'),
  'recover a webhook': dialogOf(webhook, 'Recover this webhook'),
  'actions of a webhook': {
    path: webhook,
    open: (frame) => press(button(frame, 'More actions')),
    overlay: menu,
  },
  'rotate a secret': menuDialog('Rotate signing secret'),
  'delete a webhook': menuDialog('Delete webhook'),
  'reactivate a webhook': dialogOf(({ suspended }) => `/webhooks/${suspended}`, 'Reactivate webhook'),
  'retry a delivery': dialogOf(({ delivery }) => `/deliveries/${delivery}`, 'Retry now'),
  'replay an event': dialogOf(({ event }) => `/events/${event}`, 'Replay event'),
  'event types of a new webhook': select('/webhooks/new', 'Event types'),
  'status of deliveries': select('/deliveries', 'Status'),
  'time range': select('/deliveries', 'Time range'),
  export: {
    path: () => '/deliveries',
    open: (frame) => press(button(frame, 'Export')),
    overlay: menu,
  },
  'selected deliveries': {
    path: () => '/deliveries',
    open: selectRows,
    overlay: (frame) => frame.getByRole('region', { name: 'Selection' }),
  },
  'retry of selected deliveries': {
    path: () => '/deliveries',
    async open(frame) {
      await selectRows(frame);
      await press(button(frame, 'Retry selected'));
    },
    overlay: dialog,
  },
  search: {
    path: () => '/events',
    async open(frame) {
      await press(frame.getByRole('main'));
      await frame.page().keyboard.press('Control+k');
    },
    overlay: dialog,
  },
  pages: {
    path: () => '/events',
    open: (frame) => press(button(frame, 'Open menu')),
    overlay: (frame) => frame.getByRole('navigation', { name: 'Pages' }),
    only: 'phone',
  },
};

/** One of each kind: the others are placed in the same way. */
const FEW = new Set([
  'suspend a webhook',
  'actions of a webhook',
  'status of deliveries',
  'selected deliveries',
]);

const HOSTS = HOST_LAYOUTS.flatMap((layout) =>
  SIZES_OF_HOSTS.map((size) => ({
    layout,
    size,
    overlays: layout === 'plain' ? 'everything' : 'one of each',
  })),
);

const overlaysOf = ({ layout, size }: HostCase): string[] =>
  Object.entries(OVERLAYS)
    .filter(([name, { only }]) => (layout === 'plain' || FEW.has(name)) && (only ?? size) === size)
    .map(([name]) => name);

describe('in an embedded portal', () => {
  let customer: BrowserUser;

  beforeAll(async () => {
    customer = await newBrowserUser(dashboard.browser);
    dashboard.host.onLink(() => portalLink('default', '', { parentOrigins: [dashboard.host.origin] }));
  });

  it.each(HOSTS)('$overlays is wholly visible: $layout, $size', (host) =>
    customer.run(async (page) => {
      const frame = await openComponent(page, host);
      for (const name of overlaysOf(host)) await expectVisible({ page, frame, ...host, name, scroll: END });
    }),
  );

  it.each(SIZES_OF_HOSTS)('a dialog is wholly visible wherever the page is scrolled: %s', (size) =>
    customer.run(async (page) => {
      const frame = await openComponent(page, { size, layout: 'plain' });
      for (const scroll of [0, 150, END])
        await expectVisible({ page, frame, size, layout: 'plain', name: 'suspend a webhook', scroll });
    }),
  );
});

async function openComponent(page: Page, { size, layout }: HostCase): Promise<Frame> {
  await page.setViewportSize(SIZES[size]);
  return openHost(page, `${dashboard.host.origin}/component?layout=${layout}`);
}

async function scrollHost(page: Page, top: number): Promise<void> {
  await page.evaluate((y) => {
    window.scrollTo(0, y);
    document.querySelector('main')?.scrollTo(0, y);
  }, top);
}

interface Visible extends HostCase {
  page: Page;
  frame: Frame;
  name: string;
  scroll: number;
}

/** Opens an overlay, and expects that it is within the part of the host page where its content is visible. */
async function expectVisible({ page, frame, layout, name, scroll }: Visible): Promise<void> {
  const { path, open, overlay } = OVERLAYS[name]!;
  await openPortalPage(frame, path(dashboard.seeded.ids));
  await scrollHost(page, scroll);
  await open(frame);
  await overlay(frame).waitFor();
  await eventually(async () => {
    const box = await overlay(frame).boundingBox();
    if (box === null) throw new Error(`${name} is not visible`);
    const visible = await visibleBox(page, layout);
    const cut = {
      top: Math.round(Math.max(0, visible.top - box.y)),
      bottom: Math.round(Math.max(0, box.y + box.height - visible.bottom)),
      left: Math.round(Math.max(0, -box.x)),
      right: Math.round(Math.max(0, box.x + box.width - visible.right)),
    };
    expect({ name, scroll, cut }).toEqual({ name, scroll, cut: { top: 0, bottom: 0, left: 0, right: 0 } });
  });
}

function visibleBox(page: Page, layout: HostLayout) {
  return page.evaluate((selector) => {
    const covered = selector === null ? null : document.querySelector(selector)?.getBoundingClientRect();
    const main = document.querySelector('main')?.getBoundingClientRect();
    const isContainer = selector === null;
    return {
      top: isContainer ? Math.max(0, main?.top ?? 0) : (covered?.bottom ?? 0),
      bottom: isContainer ? Math.min(window.innerHeight, main?.bottom ?? 0) : window.innerHeight,
      right: window.innerWidth,
    };
  }, SELECTORS[layout]);
}

/** The fixed header. Null for a scroll container. */
const SELECTORS: Record<HostLayout, string | null> = {
  plain: '#none',
  'small frame': '#none',
  'fixed header': 'h1',
  'scroll container': null,
};
