import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { AUDIT_ACTIONS } from '../pages/audit/audit-entry.js';
import { AuditPage } from '../pages/audit/audit-page.js';
import { optionalParam } from '../access/optional-param.js';
import { timeRangeSearch } from '../search/time-range.js';

const search = z.object({
  action: optionalParam(z.enum(AUDIT_ACTIONS)),
  /** ID of an API key or a person. */
  actor: optionalParam(z.string()),
  target: optionalParam(z.string()),
  /** Changes only by default. */
  show: optionalParam(z.enum(['signIns', 'all'])),
  /** ID of the entry shown in the drawer. */
  entry: optionalParam(z.string()),
  ...timeRangeSearch,
});

export const Route = createFileRoute('/_app/audit')({
  validateSearch: search,
  component: AuditPage,
});
