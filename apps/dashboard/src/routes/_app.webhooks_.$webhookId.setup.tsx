import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { SetupPage } from '../pages/webhooks/setup/setup-page.js';
import { optionalParam } from '../access/optional-param.js';

/** The steps that only the user knows to be done. */
const search = z.object({
  verified: optionalParam(z.literal('true')),
  tested: optionalParam(z.literal('true')),
});

export const Route = createFileRoute('/_app/webhooks_/$webhookId/setup')({
  validateSearch: search,
  component: SetupPage,
});
