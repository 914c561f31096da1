import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { EventPage } from '../pages/events/event-page.js';
import { optionalParam } from '../search/optional-param.js';

const search = z.object({
  /** Shows the explanation of each webhook instead of the deliveries. */
  view: optionalParam(z.enum(['explain'])),
});

export const Route = createFileRoute('/_app/events/$eventId')({
  validateSearch: search,
  component: EventPage,
});
