import { PosthornError } from '@posthorn/core';
import type { FeedEntry, FeedPage } from '@posthorn/database/feed/prisma';

/**
 * Returns the entries of a page up to the first one that does not follow the one before: those between have expired. Numbers that were
 * left out after a failover have never been given.
 * @throws PosthornError with the first number that is left, if the page would not begin with the next entry
 */
export function contiguousEntries({ entries, after, last, jumps }: FeedPage): FeedEntry[] {
  const follows = (sequence: number, previous: number) =>
    sequence === previous + 1 || jumps.some(({ from, to }) => previous >= from && sequence === to + 1);
  const gap = entries.findIndex(
    ({ sequence }, index) => !follows(sequence, entries[index - 1]?.sequence ?? after),
  );
  const hasNone = entries.length === 0 && last > after;
  if (gap === 0 || hasNone) throw expired(entries[0]?.sequence ?? last + 1);
  return gap === -1 ? entries : entries.slice(0, gap);
}

const expired = (firstSequence: number) =>
  new PosthornError('feed_expired', {
    detail: `The first number that is left is ${firstSequence}`,
    extra: { firstSequence },
  });
