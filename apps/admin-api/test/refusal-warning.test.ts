import { expect, it, jest } from '@jest/globals';
import { encodeId, newId } from '@posthorn/core';
import { createLogger } from '@posthorn/runtime';
import { refusalWarning } from '../src/events/refusal-warning.js';

it('warns about refused events once per second and reason, with their number', () => {
  const logger = createLogger({ service: 'api', level: 'error' });
  const warn = jest.spyOn(logger, 'warn').mockReturnValue(logger);
  let nowMs = 5;
  const onRefuse = refusalWarning(logger, () => nowMs);
  const id = newId();
  const tenantId = encodeId('tenant', id);
  onRefuse('expected_wait', id, 2);
  for (nowMs of [6, 1005, 1006, 1007]) onRefuse('timeout', id, 3);
  expect(warn.mock.calls).toEqual([
    ['events are refused', { events: 2, reason: 'expected_wait', tenantId }],
    ['events are refused', { events: 3, reason: 'timeout', tenantId }],
    ['events are refused', { events: 6, reason: 'timeout', tenantId }],
  ]);
});
