import { describe, expect, it } from '@jest/globals';
import { eventSource } from '../src/record/event-source.js';

describe('the place of the id of an event', () => {
  it.each([
    ['header:X-Id', 'h-1'],
    ['header:x-none', null],
    ['body:/id', 'b-1'],
    ['body:/a~1b/0', '12345678901234567890'],
    ['body:/none', null],
    ['body:/of', null],
  ])('is %s', (place, id) => {
    const body = '{"id":"b-1","a/b":[12345678901234567890],"of":{}}';
    expect(eventSource(place)({ 'x-id': 'h-1' }, body)).toBe(id);
  });

  it('is not found in a body that is not JSON', () => {
    expect(eventSource('body:/id')({}, 'id=1')).toBeNull();
    expect(eventSource('body:/id')({}, '[1]')).toBeNull();
  });

  it.each(['id', 'body:id', 'header:', 'query:id'])('cannot be %j', (place) => {
    expect(() => eventSource(place)).toThrow('Must be header:NAME or body:/POINTER');
  });
});
