import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { USAGE_GROUPINGS } from '../pages/usage/usage-data.js';
import { UsagePage } from '../pages/usage/usage-page.js';
import { optionalParam } from '../access/optional-param.js';

export const Route = createFileRoute('/_app/usage')({
  validateSearch: z.object({
    from: optionalParam(z.iso.date()),
    to: optionalParam(z.iso.date()),
    by: optionalParam(z.enum(USAGE_GROUPINGS)),
  }),
  component: UsagePage,
});
