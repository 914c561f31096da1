import type { ApiClient } from '@posthorn/testkit';
import type { EventReceiver } from './event-receiver.js';

/** Reads the feed of a webhook. Each entry is an arrival. */
export interface FeedReader extends Pick<EventReceiver, 'arrivals'> {
  /** Unexpected responses. The first one ends the reader. */
  rejections: string[];
  /** Reads the entries that are left, and ends. */
  stop(): Promise<void>;
}

/** Shorter than the time limit of a call. */
const WAIT_SECONDS = 5;

/** Small, so that pages end at many places. */
const PAGE_SIZE = 20;

/** Reads page by page with long polling, and stores the cursor after each page, from which the next one continues. */
export function startFeedReader(api: ApiClient, webhookId: string): FeedReader {
  const arrivals: EventReceiver['arrivals'] = new Map();
  const rejections: string[] = [];
  const state = { running: true, last: 0 };
  const path = `/v1/webhooks/${webhookId}/feed`;

  async function readPage(waitSeconds: number): Promise<number> {
    const page = await api.get(`${path}?limit=${PAGE_SIZE}&wait=${waitSeconds}`);
    if (page.status !== 200) throw new Error(`${page.status} ${JSON.stringify(page.body)}`);
    const { entries } = page.body;
    const readAt = performance.now();
    for (const { eventId, sequence, body } of entries) {
      if (sequence <= state.last) throw new Error(`number ${sequence} follows number ${state.last}`);
      state.last = sequence;
      const { n } = JSON.parse(body).data;
      const arrival = { eventId, startedAt: readAt, acceptedAt: readAt, sequence };
      arrivals.set(n, [...(arrivals.get(n) ?? []), arrival]);
    }
    const last = entries.at(-1);
    if (last) await storeCursor(last.sequence);
    return entries.length;
  }

  async function storeCursor(sequence: number): Promise<void> {
    const { status, body } = await api.post(`${path}/cursor`, { sequence });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  }

  async function readAll(): Promise<void> {
    while (state.running) await readPage(WAIT_SECONDS);
    while ((await readPage(0)) > 0);
  }
  const reading = readAll().catch((error: unknown) => void rejections.push(String(error)));
  return {
    arrivals,
    rejections,
    async stop() {
      state.running = false;
      await reading;
    },
  };
}
