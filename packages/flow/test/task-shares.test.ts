import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { eventually, type FreshQueuePrefix, freshQueuePrefix } from '@posthorn/testkit';
import { openTaskShares, type TaskShares } from '../src/task-shares.js';

let settings: FreshQueuePrefix;
let [a, b]: TaskShares[] = [];

beforeAll(async () => {
  settings = freshQueuePrefix();
  [a, b] = await Promise.all(['a', 'b'].map((member) => openTaskShares(settings, member)));
});
afterAll(async () => {
  await a?.stop();
  await b?.stop();
  await settings.clear();
});

const webhooks = Array.from({ length: 50 }, () => newId());

async function ownedBy(shares: TaskShares | undefined): Promise<string[]> {
  const share = await shares?.join('release');
  return webhooks.filter((id) => share?.owns(id));
}

it('divides the webhooks among the members of a task, and those of a dead member among the others', async () => {
  expect(await ownedBy(b)).toEqual(webhooks);
  const ofA = await ownedBy(a);
  const ofB = await ownedBy(b);
  expect(ofA.length).toBeGreaterThan(0);
  expect([...ofA, ...ofB].toSorted()).toEqual(webhooks.toSorted());
  // The lease of `a` expires after a second.
  await eventually(async () => expect(await ownedBy(b)).toEqual(webhooks));
});

it('keeps tasks apart', async () => {
  await a?.join('replay');
  const share = await b?.join('reconcile');
  expect(webhooks.every((id) => share?.owns(id))).toBe(true);
});
