import { expect, it } from '@jest/globals';
import { reasonLabels } from '../src/pages/deliveries/delivery-labels.js';

it('shows an unknown reason unchanged', () => {
  expect(reasonLabels({ reason: 'new_reason' })?.label).toBe('new_reason');
  expect(reasonLabels({ reason: null })).toBeNull();
});
