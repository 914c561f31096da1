import { validateHeaderName, validateHeaderValue } from 'node:http';
import { describe, it } from '@jest/globals';
import * as fc from 'fast-check';
import { headerProblem } from '../src/index.js';

describe('a custom header', () => {
  it('can be sent when it is accepted', () => {
    const name = fc.oneof(fc.string(), fc.stringMatching(/^[\w-]{1,20}$/));
    fc.assert(
      fc.property(name, fc.string({ unit: 'binary' }), (header, value) => {
        if (headerProblem(header, value) !== null) return;
        validateHeaderName(header);
        validateHeaderValue(header, value);
      }),
      { numRuns: 1000 },
    );
  });
});
