import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { HealthUpdate } from '@posthorn/database/health';
import { createHealthRecorder } from '../../src/reports/health-recorder.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

/** Starts a recorder and collects the updates it writes. */
function start(write: () => Promise<void> = () => Promise.resolve()) {
  const written: HealthUpdate[][] = [];
  const onError = jest.fn();
  const recorder = createHealthRecorder({
    write(batch) {
      written.push(batch);
      return write();
    },
    onError,
  });
  const record = (ok: boolean, second: number, failingSince: Date | null = null, webhookId = 'a') =>
    recorder.record({ webhookId, failingSince, ok, at: at(second) });
  return { ...recorder, record, written, onError };
}

const second = () => jest.advanceTimersByTimeAsync(1000);

describe('health recorder', () => {
  it('records nothing that is already known', async () => {
    const { record, stop, written } = start();
    record(true, 1);
    record(false, 2, at(0));
    await second();
    await stop();
    expect(written).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('writes all updates together once a second', async () => {
    const { record, written } = start();
    record(false, 1);
    record(true, 2, at(0), 'b');
    await jest.advanceTimersByTimeAsync(999);
    expect(written).toEqual([]);
    await second();
    expect(written).toEqual([
      [
        { webhookId: 'a', succeededAt: null, failingSince: at(1) },
        { webhookId: 'b', succeededAt: at(2), failingSince: null },
      ],
    ]);
    record(false, 3);
    await second();
    expect(written).toHaveLength(2);
  });

  it.each<[string, [ok: boolean, second: number][], Omit<HealthUpdate, 'webhookId'>]>([
    ['the first of two failures', [[false, 1], [false, 2]], { succeededAt: null, failingSince: at(1) }], // prettier-ignore
    ['a success after a failure', [[false, 1], [true, 2]], { succeededAt: at(2), failingSince: null }], // prettier-ignore
    ['the last of two successes', [[false, 1], [true, 2], [true, 3]], { succeededAt: at(3), failingSince: null }], // prettier-ignore
    ['the first failure after a success', [[false, 1], [true, 2], [false, 3], [false, 4]], { succeededAt: at(2), failingSince: at(3) }], // prettier-ignore
  ])('merges the attempts of one webhook: %s', async (_what, outcomes, expected) => {
    const { record, written } = start();
    // All of them were read while the webhook was healthy.
    for (const [ok, when] of outcomes) record(ok, when);
    await second();
    expect(written).toEqual([[{ webhookId: 'a', ...expected }]]);
  });

  it('records a success that arrives while a failure is being written', async () => {
    const gate = new EventEmitter();
    const { record, stop, written } = start(async () => void (await once(gate, 'written')));
    record(false, 1);
    await second();
    record(true, 2);
    await second();
    expect(written).toHaveLength(1);
    gate.emit('written');
    await second();
    expect(written[1]).toEqual([{ webhookId: 'a', succeededAt: at(2), failingSince: null }]);
    gate.emit('written');
    await stop();
  });

  it('writes pending updates on stop', async () => {
    const { record, stop, written } = start();
    record(false, 1);
    await stop();
    expect(written).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('reports failed writes and continues with the next ones', async () => {
    let fails = true;
    const { record, written, onError } = start(() =>
      fails ? Promise.reject(new Error('unavailable')) : Promise.resolve(),
    );
    record(false, 1);
    await second();
    expect(onError).toHaveBeenCalledWith(new Error('unavailable'));
    fails = false;
    record(false, 2);
    await second();
    expect(written[1]).toEqual([{ webhookId: 'a', succeededAt: null, failingSince: at(2) }]);
  });
});
