import { z } from 'zod';
import { timestamp } from '../values/lists.js';
import type { RouteDefinition } from '../routes/route.js';

const quarantine = z
  .strictObject({
    status: z.enum(['unknown', 'quarantined', 'released']).meta({
      id: 'QuarantineStatus',
      description:
        '`quarantined`: the database was restored, and erased data may be back, so that nothing that is stored is sent or shown; `unknown`: ' +
        'the same until this process has checked the server; `released`: no erased data can be back.',
    }),
    since: timestamp.nullable().meta({ description: 'Null unless it is quarantined.' }),
    runningErasures: z.int().meta({ description: 'The number of erasures that are not completed.' }),
  })
  .meta({ id: 'Quarantine' });

export type QuarantineResponse = z.input<typeof quarantine>;

const routes = { tag: 'Erasures', tenancy: 'all' } as const;

export const quarantineRoutes = {
  getQuarantine: {
    ...routes,
    scope: 'admin:read',
    method: 'get',
    path: '/v1/quarantine',
    summary: 'Get the quarantine',
    description:
      'Returns whether the database is quarantined. This happens when it was restored and erased data may be back: it accepts events, but ' +
      'sends no requests, and feeds, exports and calls that return data of events get 503 `unavailable`.',
    responses: { 200: { description: 'The quarantine.', body: quarantine } },
  },
  releaseQuarantine: {
    ...routes,
    scope: 'admin',
    method: 'post',
    path: '/v1/quarantine/release',
    summary: 'Release the database',
    description:
      'Ends the quarantine. Repeat the erasures first, each with its `receipt`. Returns 409 `invalid_state` while an erasure is running, ' +
      'unless `force` is set, and if the database is not quarantined.',
    body: z
      .strictObject({
        force: z.boolean().default(false).meta({
          description: 'Releases it although erasures are running. What they have not erased yet is sent.',
        }),
      })
      .meta({ id: 'ReleaseQuarantine' }),
    bodyOptional: true,
    responses: { 200: { description: 'The quarantine has ended.', body: quarantine } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
