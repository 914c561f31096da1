import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { RejectedEventsPage } from '../pages/rejected-events/rejected-events-page.js';
import { timeRangeSearch } from '../search/time-range.js';

export const Route = createFileRoute('/_app/rejected-events/')({
  validateSearch: z.object(timeRangeSearch),
  component: RejectedEventsPage,
});
