// The tasks of a customer, in an embedded portal and in one opened by its link, on each size of screen, in each language. They take
// minutes, so CI runs some of them; TEST_TASKS=all runs all.
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { type Receiver, startReceiver } from '@posthorn/testkit';
import { type BrowserUser, newBrowserUser } from './browser-user.js';
import { NARROW } from './check-page.js';
import { dashboard } from './dashboard.js';
import { englishTexts, LANGUAGES, type Language, sayIn } from './languages.js';
import { openHost } from './portal-frame.js';
import { portalLink } from './portal-links.js';
import { runTasks } from './tasks.js';
import { waitUntilSettled } from './wait-until-settled.js';

const PHONE = NARROW;
const LAPTOP = { width: 1366, height: 768 };
const DESKTOP = { width: 1440, height: 900 };

const PLACES = ['embedded', 'on its own'] as const;

interface TasksCase {
  language: Language;
  place: (typeof PLACES)[number];
  /** The tasks are done at the first size, and each step is checked at all of them. */
  sizes: { width: number; height: number }[];
}

const ALL_CASES = LANGUAGES.flatMap((language) =>
  PLACES.flatMap((place): TasksCase[] =>
    language === 'en'
      ? [PHONE, LAPTOP, DESKTOP].map((size) => ({ language, place, sizes: [size] }))
      : [{ language, place, sizes: place === 'embedded' ? [PHONE] : [LAPTOP, DESKTOP] }],
  ),
);

const SOME_CASES: TasksCase[] = [
  { language: 'en', place: 'embedded', sizes: [PHONE] },
  { language: 'de', place: 'on its own', sizes: [LAPTOP, DESKTOP] },
  { language: 'ja', place: 'embedded', sizes: [PHONE] },
];

const CASES = process.env['TEST_TASKS'] === 'all' ? ALL_CASES : SOME_CASES;

describe("a customer's tasks", () => {
  /** One each: where storage is not partitioned, frames read what the tab has kept for portals that no page embeds. */
  let customers: Record<(typeof PLACES)[number], BrowserUser>;
  let receiver: Receiver;

  beforeAll(async () => {
    const { browser } = dashboard;
    customers = { embedded: await newBrowserUser(browser), 'on its own': await newBrowserUser(browser) };
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());

  it.each(CASES)('are possible: $language, $place, $sizes.0.width', ({ language, place, sizes }) =>
    customers[place].run(async (page) => {
      const { host, seeded } = dashboard;
      const name = `tasks-${language}-${place}-${sizes[0]!.width}`;
      const { body: tenant } = await seeded.api.post('/v1/tenants', { name });
      const link = () => portalLink(tenant.id, '', { parentOrigins: [host.origin], language });
      await page.setViewportSize(sizes[0]!);
      if (place === 'embedded') host.onLink(link);
      else await page.goto(await link());
      const portal = place === 'embedded' ? await openHost(page, `${host.origin}/component`) : page;
      await waitUntilSettled(portal);
      await runTasks({
        page,
        portal,
        receiver,
        tenantId: tenant.id,
        name,
        sizes,
        say: sayIn(language),
        english: language === 'en' ? undefined : englishTexts(language),
      });
    }),
  );
});
