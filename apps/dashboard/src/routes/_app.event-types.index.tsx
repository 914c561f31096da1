import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { EventTypesPage } from '../pages/event-types/event-types-page.js';
import { fromAddress } from '../search/optional-param.js';

export const Route = createFileRoute('/_app/event-types/')({
  validateSearch: z.object({ search: fromAddress(z.string()) }),
  component: EventTypesPage,
});
