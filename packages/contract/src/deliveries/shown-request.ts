import { z } from 'zod';

/** A request to a receiver, as it is shown. */
export const shownRequest = {
  method: z.literal('POST'),
  url: z.string(),
  headers: z.record(z.string(), z.string()).meta({
    description:
      'Without those of the HTTP client, such as `user-agent`. Signatures and values of custom headers are `[redacted]` for keys ' +
      'without the scope `webhooks:write` and for portal links without the feature `secrets`.',
  }),
  secretHeaders: z.array(z.string()).meta({
    description: 'The names of the headers with signatures and of the custom headers.',
  }),
};
