// The form of an event type, and what its page shows of it.
import { describe, it } from '@jest/globals';
import { expectAccessible } from './accessibility.js';
import { dashboard } from './dashboard.js';
import { openPage } from './open-page.js';

describe('an event type', () => {
  it('gets an ordering pointer, which is checked', () =>
    dashboard.operator.run(async (page) => {
      const { api, stack } = dashboard.seeded;
      await api.post('/v1/event-types', { name: 'pointer.set' });
      await openPage(page, `${stack.apiUrl}/event-types/pointer.set`);
      await page.getByText('No ordering pointer.').waitFor();
      await page.getByRole('button', { name: 'Edit' }).click();
      const dialog = page.getByRole('dialog', { name: 'Edit pointer.set' });
      const field = dialog.getByLabel('Ordering pointer');
      await field.fill('order/id');
      await dialog.getByRole('button', { name: 'Save changes' }).click();
      await dialog.getByText('must be a JSON Pointer into the data, such as /order/id').waitFor();
      await expectAccessible(page);
      await field.fill('/order/id');
      await dialog.getByRole('button', { name: 'Save changes' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await page.getByText('/order/id', { exact: true }).waitFor();
      await api.delete('/v1/event-types/pointer.set');
    }));

  it('gets a retention of its history, of which two values are in use at most', () =>
    dashboard.operator.run(async (page) => {
      const { api, stack } = dashboard.seeded;
      const others = [11, 12].map((historyDays) => ({
        name: `kept.${historyDays}`,
        retention: { historyDays },
      }));
      for (const type of others) await api.post('/v1/event-types', type);
      await api.post('/v1/event-types', { name: 'kept.set' });
      await openPage(page, `${stack.apiUrl}/event-types/kept.set`);
      await page.getByRole('button', { name: 'Edit' }).click();
      const dialog = page.getByRole('dialog', { name: 'Edit kept.set' });
      const field = dialog.getByLabel('History retention');
      await field.fill('13');
      await dialog.getByRole('button', { name: 'Save changes' }).click();
      await dialog.getByText('must be one of those in use, which are at most two: 11, 12').waitFor();
      await expectAccessible(page);
      await field.fill('12');
      await dialog.getByRole('button', { name: 'Save changes' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await page.getByText('Deliveries and attempts are kept for 12 days.').waitFor();
      const { body: event } = await api.post('/v1/events', { type: 'kept.set', data: {} });
      await openPage(page, `${stack.apiUrl}/events/${event.id}`);
      await page.getByText('History until').waitFor();
      for (const { name } of [...others, { name: 'kept.set' }]) await api.delete(`/v1/event-types/${name}`);
    }));
});
