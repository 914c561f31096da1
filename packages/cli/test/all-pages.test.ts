// Lists of another product that do not end, or repeat themselves.
import { describe, expect, it } from '@jest/globals';
import { allPages, type Page } from '../src/import/all-pages.js';
import { fromConvoy } from '../src/import/from-convoy.js';
import { fromOutpost } from '../src/import/from-outpost.js';
import { fromSvix } from '../src/import/from-svix.js';
import type { SourceApi } from '../src/import/source-api.js';
import { unchecked } from '../src/command/options.js';

const GIVEN_UP = 100;

/** Reads a list whose page `index` is `pageOf(index)`. Returns its items and the number of requests. */
async function readList(pageOf: (index: number) => Page<string>) {
  const items: string[] = [];
  let requests = 0;
  const list = allPages({
    name: 'the list',
    idOf: (item: string) => item,
    read: () => Promise.resolve(pageOf(requests++)),
  });
  for await (const item of list) items.push(item);
  return { items, requests };
}

/** Returns a page that is followed by another one. */
const followed = (index: number, items: string[]): Page<string> => ({ items, next: `cursor ${index}` });

describe('a list', () => {
  it('is read completely, also with some pages that are empty or have items of earlier pages', async () => {
    const pages = [[], ['a'], [], ['a'], [], ['a', 'b'], [], [], [], ['c']];
    const { items, requests } = await readList((index) => ({
      items: pages[index] ?? [],
      next: index === pages.length - 1 ? null : `cursor ${index}`,
    }));
    expect([items, requests]).toEqual([['a', 'a', 'a', 'b', 'c'], pages.length]);
  });

  it.each([
    ['are empty', () => []],
    ['are equal', () => ['a', 'b']],
    ['have items of earlier pages', (index: number) => (index === 0 ? ['a', 'b'] : [index % 2 ? 'a' : 'b'])],
  ])('ends with an error after 5 pages that %s', async (_case, itemsOf) => {
    let requests = 0;
    const read = readList((index) => {
      if (index > GIVEN_UP) throw new Error('it is still read');
      requests += 1;
      return followed(index, itemsOf(index));
    });
    await expect(read).rejects.toThrow(/^the list: 5 pages in a row have nothing new/);
    expect(requests).toBeLessThanOrEqual(6);
  });

  it('ends with an error after 10,000 pages', async () => {
    const read = readList((index) => {
      if (index > 10_000) throw new Error('it is still read');
      return followed(index, [String(index)]);
    });
    await expect(read).rejects.toThrow('the list: it has more than 10,000 pages');
  });

  it('ends with an error at a cursor that was read before', async () => {
    const read = readList((index) => ({ items: [String(index)], next: 'again' }));
    await expect(read).rejects.toThrow('the list: it repeats its cursor "again"');
  });
});

/** An API that responds with the same page again and again, with another cursor each time. */
function endlessApi(pageOf: (cursor: string) => unknown): SourceApi {
  let requests = 0;
  const get: SourceApi['get'] = async (_path, shape) => {
    requests += 1;
    if (requests > GIVEN_UP) throw new Error('it is still read');
    return unchecked(shape.parse(pageOf(`cursor ${requests}`)));
  };
  return { url: 'http://source.example', get, find: get, confirm: get };
}

async function namesOf(items: AsyncIterable<{ name: string }>): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of items) names.push(name);
  return names;
}

describe('a product whose list does not end', () => {
  const svix = (data: unknown) =>
    fromSvix(endlessApi((iterator) => ({ data: [data], done: false, iterator })));
  const convoy = (content: unknown) =>
    fromConvoy(
      endlessApi((cursor) => ({
        data: { content, pagination: { has_next_page: true, next_page_cursor: cursor } },
      })),
      'p1',
    );
  const outpost = fromOutpost(
    endlessApi((next) => ({ models: [{ id: 'customer-1' }], pagination: { next } })),
  );

  it.each([
    ['applications of Svix', () => namesOf(svix({ id: 'app_1', name: 'Customer' }).tenants()), '/app'],
    ['event types of Svix', () => namesOf(svix({ name: 'a.b' }).eventTypes()), '/event-type'],
    ['subscriptions of Convoy', () => namesOf(convoy([{ uid: 'sub_1' }]).tenants()), '/subscriptions'],
    ['an empty list of Convoy', () => namesOf(convoy(null).tenants()), '/subscriptions'],
    ['tenants of Outpost', () => namesOf(outpost.tenants()), '/tenants'],
  ])('is not read without end: %s', async (_list, read, path) => {
    await expect(read()).rejects.toThrow(`${path}: 5 pages in a row have nothing new`);
  });
});
