import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { WebhookReplaysPage } from '../pages/webhooks/replays/webhook-replays-page.js';
import { optionalParam } from '../access/optional-param.js';

/** Separated by commas. */
const SETTLED_STATUSES = /^(?:succeeded|failed|dropped)(?:,(?:succeeded|failed|dropped))*$/;

/** Initial values of the form for a new replay. */
const search = z.object({
  from: optionalParam(z.iso.datetime()),
  to: optionalParam(z.iso.datetime()),
  status: optionalParam(z.string().check(z.regex(SETTLED_STATUSES))),
  eventType: optionalParam(z.string()),
});

export const Route = createFileRoute('/_app/webhooks/$webhookId/replays')({
  validateSearch: search,
  component: WebhookReplaysPage,
});
