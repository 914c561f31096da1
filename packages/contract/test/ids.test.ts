import { expect, it } from '@jest/globals';
import type { IdKind } from '@posthorn/core';
import * as fc from 'fast-check';
import { z } from 'zod';
import { idOf } from '../src/values/ids.js';

const KINDS: IdKind[] = ['webhook', 'event', 'delivery', 'apiKey', 'replay'];

it.each(KINDS)('every id of kind %s that matches the documented pattern is accepted', (kind) => {
  const { pattern = '' } = z.toJSONSchema(idOf(kind), { io: 'input' });
  fc.assert(
    fc.property(fc.stringMatching(new RegExp(pattern)), (id) => {
      expect(idOf(kind).safeParse(id)).toMatchObject({ success: true });
    }),
  );
});
