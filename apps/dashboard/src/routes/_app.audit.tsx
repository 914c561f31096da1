import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { AUDIT_ACTIONS } from '../pages/audit/audit-entry.js';
import { AuditPage } from '../pages/audit/audit-page.js';
import { optionalParam } from '../search/optional-param.js';
import { timeRangeSearch } from '../search/time-range.js';

const search = z.object({
  action: optionalParam(z.enum(AUDIT_ACTIONS)),
  /** The id of the key that did it. */
  actor: optionalParam(z.string()),
  target: optionalParam(z.string()),
  /** The entry that is looked at. */
  entry: optionalParam(z.string()),
  ...timeRangeSearch,
});

export const Route = createFileRoute('/_app/audit')({
  validateSearch: search,
  component: AuditPage,
});
