import { stopRequests } from '@posthorn/local';
import type { ApiContext } from '../command/api-command.js';
import { feedLine } from './feed-line.js';

export interface FeedFlags {
  after?: number;
  follow?: boolean;
  saveCursor?: boolean;
}

/** Prints the entries of a feed: those that exist, or with `follow` also new ones until the user stops the command. */
export async function printFeed(
  { api, output }: ApiContext,
  webhook: string,
  { after, follow = false, saveCursor = false }: FeedFlags,
): Promise<void> {
  const requests = stopRequests();
  const { stop } = requests;
  const input = { saveCursor, ...(after !== undefined && { after }), ...(!follow && { wait: 0 }) };
  if (follow) output.note('Waiting for new deliveries. Press Ctrl-C to stop.');
  try {
    for await (const entry of api.webhooks.feed(webhook, input, { signal: stop }))
      output.event(entry, () => feedLine(entry));
  } finally {
    requests.dispose();
  }
}
