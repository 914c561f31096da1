import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { EventTypesPage } from '../pages/event-types/event-types-page.js';
import { optionalParam } from '../access/optional-param.js';

export const Route = createFileRoute('/_app/event-types/')({
  validateSearch: z.object({ search: optionalParam(z.string()) }),
  component: EventTypesPage,
});
