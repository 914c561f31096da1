import { expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { TaskShare } from '../src/fairness/task-share.js';

const members = ['a', 'b', 'c'];
const shares = members.map((member) => new TaskShare(member, members));

it('divides webhooks evenly, each to one of the members', () => {
  const webhooks = Array.from({ length: 3000 }, () => newId());
  const owners = webhooks.map((id) => shares.filter((share) => share.owns(id)));
  expect(owners.every(({ length }) => length === 1)).toBe(true);
  for (const share of shares) {
    const count = owners.filter(([owner]) => owner === share).length;
    expect(count).toBeGreaterThan(800);
    expect(count).toBeLessThan(1200);
  }
});

it('has one first member', () => {
  expect(shares.map(({ isFirst }) => isFirst)).toEqual([true, false, false]);
});
