import { describe, expect, it } from '@jest/globals';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import { createChangeRunner } from '../src/calls/changes.js';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the work of these tests does not use it
const prisma = {} as PrismaDb;

/** Starts changes that run until they are released. */
function startChanges() {
  const change = createChangeRunner({ prisma, connections: 4, onChange: () => {}, maxWaitMs: 60_000 });
  const running = new Map<string, () => void>();
  return {
    running,
    start: (name: string, tenantId: string | null, resource?: string) =>
      change({ caller: { tenantId }, ...(resource !== undefined && { resource }) }, () => {
        return new Promise<void>((resolve) => {
          running.set(name, () => {
            running.delete(name);
            resolve();
          });
        });
      }),
    async settle(): Promise<string[]> {
      await new Promise((resolve) => setImmediate(resolve));
      return [...running.keys()];
    },
  };
}

describe('changes', () => {
  it('of one resource run one after the other, also when one fails', async () => {
    const change = createChangeRunner({ prisma, connections: 4, onChange: () => {}, maxWaitMs: 60_000 });
    const order: string[] = [];
    const work = (name: string) =>
      change({ caller: { tenantId: null }, resource: 'a' }, async () => {
        order.push(`${name} starts`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} ends`);
        if (name === 'first') throw new Error('failed');
      });
    await Promise.allSettled([work('first'), work('second')]);
    expect(order).toEqual(['first starts', 'first ends', 'second starts', 'second ends']);
  });

  it('of one tenant leave a connection to the others', async () => {
    const { start, settle, running } = startChanges();
    const changes = [1, 2, 3, 4].map((n) => start(`own ${n}`, 'tenant', `webhook ${n}`));
    expect(await settle()).toEqual(['own 1', 'own 2', 'own 3']);
    changes.push(start('other', 'other tenant', 'other webhook'), start('all', null, 'any webhook'));
    expect((await settle()).toSorted()).toEqual(['all', 'other', 'own 1', 'own 2', 'own 3']);
    running.get('own 2')?.();
    expect(await settle()).toContain('own 4');
    for (const release of running.values()) release();
    await Promise.all(changes);
  });

  it('are refused when too many wait', async () => {
    const { start, settle, running } = startChanges();
    const changes = Array.from({ length: 101 }, (_, n) => start(`${n}`, null, 'a'));
    await settle();
    await expect(start('too many', null, 'a')).rejects.toMatchObject({ code: 'unavailable' });
    for (let n = 0; n < changes.length; n += 1) {
      for (const release of running.values()) release();
      await settle();
    }
    await Promise.all(changes);
  });
});
