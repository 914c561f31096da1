import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { EventsPage } from '../pages/events/events-page.js';
import { optionalParam } from '../access/optional-param.js';
import { timeRangeSearch } from '../search/time-range.js';

const search = z.object({
  eventType: optionalParam(z.string()),
  ...timeRangeSearch,
});

export const Route = createFileRoute('/_app/events/')({
  validateSearch: search,
  component: EventsPage,
});
