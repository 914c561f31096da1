import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { openTaskShares, type SharedTask, type TaskShares } from '../src/fairness/task-shares.js';
import { useQueuePrefix } from './fixtures/use-queue-prefix.js';

const settings = useQueuePrefix();
let [a, b]: TaskShares[] = [];

beforeEach(async () => {
  [a, b] = await Promise.all(['a', 'b'].map((member) => openTaskShares(settings, member)));
});
afterEach(async () => {
  await a?.stop();
  await b?.stop();
});

const webhooks = Array.from({ length: 50 }, () => newId());

async function ownedBy(shares: TaskShares | undefined, task: SharedTask): Promise<string[]> {
  const share = await shares?.join(task);
  return webhooks.filter((id) => share?.owns(id));
}

it('divides the webhooks among the members of a task', async () => {
  // Its leases last for six seconds.
  expect(await ownedBy(b, 'reconcile')).toEqual(webhooks);
  const ofA = await ownedBy(a, 'reconcile');
  const ofB = await ownedBy(b, 'reconcile');
  expect(ofA.length).toBeGreaterThan(0);
  expect([...ofA, ...ofB].toSorted()).toEqual(webhooks.toSorted());
});

it('gives the webhooks of a dead member to the others', async () => {
  await a?.join('release');
  // The lease of `a` expires after a second.
  await eventually(async () => expect(await ownedBy(b, 'release')).toEqual(webhooks));
});

it('says whether others run a task that a process has left', async () => {
  expect((await b?.join('start'))?.hasOthers).toBe(false);
  expect((await a?.leave('start'))?.hasOthers).toBe(true);
  expect((await b?.leave('start'))?.hasOthers).toBe(false);
  expect((await a?.leave('start'))?.hasOthers).toBe(false);
});

it('keeps tasks apart', async () => {
  await a?.join('replay');
  expect(await ownedBy(b, 'reconcile')).toEqual(webhooks);
});
