import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { HealthUpdate } from '@posthorn/database';
import { createHealthNotes } from '../src/health-notes.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

/** Notes that are kept as they are written; `write` may do more. */
function start(write: () => Promise<void> = () => Promise.resolve()) {
  const written: HealthUpdate[][] = [];
  const onError = jest.fn();
  const notes = createHealthNotes({
    write(batch) {
      written.push(batch);
      return write();
    },
    onError,
  });
  const note = (ok: boolean, second: number, failingSince: Date | null = null, webhookId = 'a') =>
    notes.noteHealth({ webhookId, failingSince, ok, at: at(second) });
  return { ...notes, note, written, onError };
}

const second = () => jest.advanceTimersByTimeAsync(1000);

describe('notes of the health of webhooks', () => {
  it('are not taken of what is known', async () => {
    const { note, stop, written } = start();
    note(true, 1);
    note(false, 2, at(0));
    await second();
    await stop();
    expect(written).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are written together, once a second', async () => {
    const { note, written } = start();
    note(false, 1);
    note(true, 2, at(0), 'b');
    await jest.advanceTimersByTimeAsync(999);
    expect(written).toEqual([]);
    await second();
    expect(written).toEqual([
      [
        { webhookId: 'a', succeededAt: null, failingSince: at(1) },
        { webhookId: 'b', succeededAt: at(2), failingSince: null },
      ],
    ]);
    note(false, 3);
    await second();
    expect(written).toHaveLength(2);
  });

  it.each<[string, [ok: boolean, second: number][], Omit<HealthUpdate, 'webhookId'>]>([
    ['the first of two failures', [[false, 1], [false, 2]], { succeededAt: null, failingSince: at(1) }], // prettier-ignore
    ['a success after a failure', [[false, 1], [true, 2]], { succeededAt: at(2), failingSince: null }], // prettier-ignore
    ['the last of two successes', [[false, 1], [true, 2], [true, 3]], { succeededAt: at(3), failingSince: null }], // prettier-ignore
    ['the first failure after a success', [[false, 1], [true, 2], [false, 3], [false, 4]], { succeededAt: at(2), failingSince: at(3) }], // prettier-ignore
  ])('say of one webhook %s', async (_what, outcomes, expected) => {
    const { note, written } = start();
    // All were read when the webhook was well.
    for (const [ok, when] of outcomes) note(ok, when);
    await second();
    expect(written).toEqual([[{ webhookId: 'a', ...expected }]]);
  });

  it('do not forget a success that comes while a failure is being written', async () => {
    const gate = new EventEmitter();
    const { note, stop, written } = start(async () => void (await once(gate, 'answered')));
    note(false, 1);
    await second();
    note(true, 2);
    await second();
    expect(written).toHaveLength(1);
    gate.emit('answered');
    await second();
    expect(written[1]).toEqual([{ webhookId: 'a', succeededAt: at(2), failingSince: null }]);
    gate.emit('answered');
    await stop();
  });

  it('are written at the end, without waiting for the second', async () => {
    const { note, stop, written } = start();
    note(false, 1);
    await stop();
    expect(written).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('that could not be written are told of, and the next ones are written', async () => {
    let fails = true;
    const { note, written, onError } = start(() =>
      fails ? Promise.reject(new Error('away')) : Promise.resolve(),
    );
    note(false, 1);
    await second();
    expect(onError).toHaveBeenCalledWith(new Error('away'));
    fails = false;
    note(false, 2);
    await second();
    expect(written[1]).toEqual([{ webhookId: 'a', succeededAt: null, failingSince: at(2) }]);
  });
});
