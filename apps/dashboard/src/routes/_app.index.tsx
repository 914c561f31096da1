import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { OverviewPage } from '../pages/overview/overview-page.js';
import { timeRangeSearch } from '../search/time-range.js';

export const Route = createFileRoute('/_app/')({
  validateSearch: z.object(timeRangeSearch),
  component: OverviewPage,
});
