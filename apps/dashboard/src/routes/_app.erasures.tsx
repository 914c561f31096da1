import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { ErasuresPage } from '../pages/erasures/erasures-page.js';
import { optionalParam } from '../access/optional-param.js';

const search = z.object({
  status: optionalParam(z.enum(['running', 'completed', 'failed'])),
  /** ID of the erasure shown in the drawer. */
  erasure: optionalParam(z.string()),
});

export const Route = createFileRoute('/_app/erasures')({
  validateSearch: search,
  component: ErasuresPage,
});
