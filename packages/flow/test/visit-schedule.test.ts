import { describe, expect, it } from '@jest/globals';
import { VisitSchedule } from '../src/releases/visit-schedule.js';

describe('VisitSchedule', () => {
  it('returns the webhooks whose next visit is due', () => {
    const schedule = new VisitSchedule();
    schedule.add(['a', 'b', 'c']);
    expect(schedule.due(0)).toEqual(['a', 'b', 'c']);
    schedule.visited('a', { atMs: 500, count: 1 });
    schedule.visited('b', { atMs: 100, count: 1 });
    schedule.add(['a']);
    schedule.remove('c');
    expect(schedule.due(99)).toEqual([]);
    expect(schedule.due(100)).toEqual(['b']);
    expect(schedule.due(500)).toEqual(['a', 'b']);
    schedule.postpone('a', 600);
    expect(schedule.due(500)).toEqual(['b']);
    schedule.clear();
    expect(schedule.size).toBe(0);
  });

  it('returns first the webhooks that were visited least recently', () => {
    const schedule = new VisitSchedule();
    schedule.add(['a', 'b', 'c']);
    schedule.visited('a', { atMs: 0, count: 1 });
    schedule.postpone('b', 0);
    expect(schedule.due(0)).toEqual(['b', 'c', 'a']);
  });

  it('counts the visits in a row that released nothing', () => {
    const schedule = new VisitSchedule();
    schedule.add(['a']);
    schedule.visited('a', { atMs: 0, count: 0 });
    schedule.visited('a', { atMs: 0, count: 0 });
    expect(schedule.emptyCount('a')).toBe(2);
    schedule.visited('a', { atMs: 0, count: 3 });
    expect(schedule.emptyCount('a')).toBe(0);
    schedule.visited('unknown', { atMs: 0, count: 0 });
    expect(schedule.emptyCount('unknown')).toBe(0);
  });
});
