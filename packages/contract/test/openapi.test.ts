import { describe, expect, it } from '@jest/globals';
import { openApiDocument } from '../src/index.js';
import { writeFileSync } from 'node:fs';
describe('x', () => {
  it('y', () => {
    writeFileSync('/tmp/openapi.json', JSON.stringify(openApiDocument('0.1.0'), null, 1));
    expect(1).toBe(1);
  });
});
