import type { Response } from 'express';
import type { OverviewResponse } from '@posthorn/contract';
import { whenClosed } from '../http/when-closed.js';
import type { OverviewFeed } from './overview-feed.js';

/** How long a browser waits before it reconnects, in milliseconds. */
const RETRY_MS = 2000;

const COMMENT = ':\n\n';

interface StreamedOverview {
  feed: OverviewFeed;
  tenantId: string | null;
  /** Returns whether the caller's key is still valid. */
  isStillAuthenticated: () => Promise<boolean>;
  /** Ends the stream. */
  stopping: AbortSignal;
}

/** Writes overviews as server-sent events until the client disconnects, its key expires, or the process stops. */
export function streamOverview(
  response: Response,
  { feed, tenantId, isStillAuthenticated, stopping }: StreamedOverview,
): void {
  const end = () => response.end();
  const write = (text: string) => {
    // A slow client skips this one.
    if (!response.writableEnded && !response.writableNeedDrain) response.write(text);
  };
  const send = async (overview: OverviewResponse | null): Promise<void> => {
    if (!(await isStillAuthenticated())) return void end();
    write(overview ? `event: overview\ndata: ${JSON.stringify(overview)}\n\n` : COMMENT);
  };

  write(`retry: ${RETRY_MS}\n\n`);
  // The browser reconnects to another process.
  if (stopping.aborted) return void end();
  const unfollow = feed.follow(tenantId, (overview) => {
    // Sends no data while the key cannot be checked.
    send(overview).catch(() => write(COMMENT));
  });
  stopping.addEventListener('abort', end);
  whenClosed(response, () => {
    stopping.removeEventListener('abort', end);
    unfollow();
  });
}
