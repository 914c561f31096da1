import { describe, expect, it } from '@jest/globals';
import { apiClient, type ApiResponse } from '@posthorn/testkit';
import { startFeedReader } from '../src/feed-reader.js';

const respond = (status: number, body: unknown): ApiResponse => ({ status, headers: new Headers(), body });

/** A feed whose entries arrive one after the other. Pages begin behind the stored cursor. */
function feedOf(pages: number[][], { storeStatus = 200, storesCursor = true } = {}) {
  let cursor = 0;
  const entries = pages.flat().map((sequence) => ({
    eventId: `evt_${sequence}`,
    sequence,
    body: JSON.stringify({ data: { n: sequence + 100 } }),
  }));
  return {
    ...apiClient('http://127.0.0.1:1'),
    get: () => {
      const page = pages.find(([first]) => first !== undefined && first > cursor) ?? [];
      const body = { entries: entries.filter(({ sequence }) => page.includes(sequence)) };
      return Promise.resolve(respond(200, body));
    },
    post: (_path: string, body: unknown) => {
      if (storesCursor) cursor = (body as { sequence: number }).sequence;
      return Promise.resolve(respond(storeStatus, {}));
    },
  };
}

describe('a reader of a feed', () => {
  it('reads all entries, page by page, and reads what is left when it is stopped', async () => {
    const reader = startFeedReader(feedOf([[1, 2], [3], [4, 5]]), 'wh_1');
    await reader.stop();
    const read = [...reader.arrivals].map(([n, [first]]) => [n, first?.eventId, first?.sequence]);
    expect(read).toEqual([1, 2, 3, 4, 5].map((each) => [each + 100, `evt_${each}`, each]));
    expect(reader.rejections).toEqual([]);
  });

  it('ends with the first rejection', async () => {
    const reader = startFeedReader(feedOf([[1], [2]], { storeStatus: 409 }), 'wh_1');
    await reader.stop();
    expect([...reader.arrivals.keys()]).toEqual([101]);
    expect(reader.rejections).toEqual(['Error: 409 {}']);
  });

  it('ends when it reads an entry again', async () => {
    const reader = startFeedReader(feedOf([[1, 2]], { storesCursor: false }), 'wh_1');
    await reader.stop();
    expect(reader.rejections).toEqual(['Error: number 1 follows number 2']);
  });
});
