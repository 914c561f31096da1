import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createSealer, openCustomHeaders, sealCustomHeaders } from '../../src/index.js';

const sealer = createSealer(randomBytes(32));
const id = '01970000-0000-7000-8000-000000000001';

describe('custom headers', () => {
  it('open for their own webhook only', () => {
    const headersSealed = sealCustomHeaders(id, { authorization: 'x' }, sealer);
    expect(openCustomHeaders({ id, headersSealed }, sealer)).toEqual({ authorization: 'x' });
    expect(() => openCustomHeaders({ id: 'another', headersSealed }, sealer)).toThrow();
  });

  it('are stored as null if empty', () => {
    expect(sealCustomHeaders(id, {}, sealer)).toBeNull();
    expect(openCustomHeaders({ id, headersSealed: null }, sealer)).toEqual({});
  });
});
