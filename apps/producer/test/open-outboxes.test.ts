import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database/connection';
import { installOutbox, openOutbox, type OutboxSource } from '@posthorn/database/outbox';
import { createLogger, createTasks, Registry, type Tasks } from '@posthorn/runtime';
import { eventually, freshDatabase, type FreshDatabase } from '@posthorn/testkit';
import { keepReading } from '../src/outboxes/open-outboxes.js';

/** The database of an application. */
let fresh: FreshDatabase;
let application: Database;
let source: OutboxSource;
beforeEach(async () => {
  fresh = await freshDatabase();
  application = connect({ url: fresh.url, applicationName: 'application' });
  source = await openOutbox({ url: `${fresh.url}?posthorn_notify=true`, applicationName: 'test' });
});
afterEach(async () => {
  await source.stop();
  await application.stop();
  await fresh.drop();
});

const publish = () => application.pool.query(`SELECT posthorn.publish('a', '{}')`);

const rowsOf = async () =>
  source.read({
    except: [],
    createdFrom: new Date(0),
    createdTo: new Date(Date.now() + 3_600_000),
    limit: 10,
    maxRowBytes: 1000,
    maxBytes: 1000,
  });

describe('keepReading', () => {
  it('reads a row when its commit notifies, without waiting for the pause', async () => {
    await installOutbox(application.pool, { publishers: [], readers: [], notifies: true });
    const found: number[] = [];
    const reader = {
      isStandby: false,
      async run() {
        found.push((await rowsOf()).length);
        return false;
      },
    };
    // Its pauses never end: only notifications start a run.
    const tasks: Pick<Tasks, 'run'> = { run: (_name, _pauses, work) => () => void work() };
    keepReading(tasks, { name: 'shop', source, reader });
    await eventually(() => expect(found).toEqual([0]));
    await publish();
    await eventually(() => expect(found).toEqual([0, 1]));
  });

  it('is not woken while another producer reads the outbox', async () => {
    await installOutbox(application.pool, { publishers: [], readers: [], notifies: true });
    const woken: boolean[] = [];
    const reader = { isStandby: false, run: () => Promise.resolve(false) };
    const tasks: Pick<Tasks, 'run'> = { run: () => () => woken.push(reader.isStandby) };
    let notified = 0;
    const noted: Pick<OutboxSource, 'onRows'> = {
      onRows: (listener) =>
        source.onRows(() => {
          listener();
          notified += 1;
        }),
    };
    keepReading(tasks, { name: 'shop', source: noted, reader });
    await eventually(() => expect(notified).toBe(1));
    reader.isStandby = true;
    await publish();
    await eventually(() => expect(notified).toBe(2));
    reader.isStandby = false;
    await publish();
    await eventually(() => expect(notified).toBe(3));
    expect(woken).toEqual([false, false]);
  });

  it('reads rows after a pause if nothing notifies', async () => {
    await installOutbox(application.pool, { publishers: [], readers: [] });
    let found = 0;
    const reader = {
      isStandby: false,
      async run() {
        found = (await rowsOf()).length;
        return false;
      },
    };
    const tasks = createTasks({
      logger: createLogger({ service: 'test', level: 'error' }),
      registry: new Registry(),
    });
    keepReading(tasks, { name: 'shop', source, reader });
    await publish();
    await eventually(() => expect(found).toBe(1));
    await tasks.stop();
  });
});
