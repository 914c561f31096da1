import type { Response } from 'express';
import type { OverviewAnswer } from '@posthorn/contract';
import type { OverviewFeed } from './overview-feed.js';

/** How long a browser waits before it connects again, in milliseconds. */
const RETRY_MS = 2000;

const COMMENT = ':\n\n';

export interface StreamedOverview {
  feed: OverviewFeed;
  tenantId: string | null;
  /** Whether the key that asked still opens anything. */
  isStillAuthenticated: () => Promise<boolean>;
  /** Ends the stream. */
  stopping: AbortSignal;
}

/** Writes the overview as server-sent events until the reader goes, its key ends, or the process stops. */
export function streamOverview(
  response: Response,
  { feed, tenantId, isStillAuthenticated, stopping }: StreamedOverview,
): void {
  const end = () => response.end();
  const write = (text: string) => {
    // A reader that is behind is told the next time.
    if (!response.writableEnded && !response.writableNeedDrain) response.write(text);
  };
  const tell = async (overview: OverviewAnswer | null): Promise<void> => {
    if (!(await isStillAuthenticated())) return void end();
    write(overview ? `event: overview\ndata: ${JSON.stringify(overview)}\n\n` : COMMENT);
  };

  write(`retry: ${RETRY_MS}\n\n`);
  // A browser that is sent away so comes back, to another process.
  if (stopping.aborted) return void end();
  const unfollow = feed.follow(tenantId, (overview) => {
    // While nobody knows of the key, nothing is told.
    tell(overview).catch(() => write(COMMENT));
  });
  stopping.addEventListener('abort', end);
  response.once('close', () => {
    stopping.removeEventListener('abort', end);
    unfollow();
  });
}
