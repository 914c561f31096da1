// Applications move money in transactions, half of which roll back, while producers are killed and frozen and their connections are cut. One
// receiver gets the events in order, the other one reads them from its feed.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database/connection';
import { type Stack, startStack } from '@posthorn/local';
import { type FeedEntry, Posthorn } from '@posthorn/sdk';
import {
  type ApiClient,
  createActiveWebhook,
  type CuttableProxy,
  eventually,
  hasMariadb,
  patientClient,
  type Receiver,
  startCuttableProxy,
  startReceiver,
  testServers,
  type TestServers,
} from '@posthorn/testkit';
import { ACCOUNTS, type Bank, INITIAL_BALANCE, mariadbBank, postgresBank, type Transfer } from './bank.js';

/** Transactions of each bank during each disturbance. */
const ROUND = 100;

/** Of each bank. */
const CLIENTS = 4;

const PATIENT = { timeoutMs: 60_000 };

const ACCOUNT_IDS = Array.from({ length: ACCOUNTS }, (_, n) => n + 1);

let servers: TestServers;
/** The database of Posthorn. */
let posthorn: Database;
let stack: Stack;
let api: ApiClient;
/** Gets the events in the order of each account. */
let receiver: Receiver;
/** Reads the same events from the feed of a pull webhook. */
let feed: FeedReader;
let banks: Bank[] = [];
/** How the producers reach the databases of the banks. */
let proxies: CuttableProxy[] = [];

beforeAll(async () => {
  servers = await testServers();
  posthorn = connect({ url: servers.databaseUrl, applicationName: 'test' });
  banks = await Promise.all([postgresBank(), ...(hasMariadb() ? [mariadbBank()] : [])]);
  proxies = await Promise.all(banks.map(({ url }) => startCuttableProxy(url)));
  stack = await startStack({
    ephemeral: true,
    servers,
    producers: 2,
    workers: 1,
    env: { POSTHORN_OUTBOXES: banks.map(({ name }, n) => `${name}=${proxies[n]?.url}`).join(' ') },
  });
  api = patientClient(stack.apiUrl, stack.adminKey);
  receiver = await startReceiver();
  await createActiveWebhook(api, receiver, { eventTypes: ['transfer.*'], ordering: 'byKey' });
  feed = await pullEvents();
}, 120_000);

afterAll(async () => {
  await feed?.stop();
  await receiver?.close();
  await stack?.stop();
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await Promise.all(banks.map((bank) => bank.close()));
  await posthorn?.stop();
  await servers?.drop();
});

interface FeedReader {
  /** The entries so far. */
  entries: FeedEntry[];
  stop(): Promise<void>;
}

/** Creates a pull webhook, and reads its feed until it is stopped. */
async function pullEvents(): Promise<FeedReader> {
  const client = new Posthorn({ apiKey: stack.adminKey, baseUrl: stack.apiUrl });
  const { id } = await client.webhooks.create({ delivery: 'pull', eventTypes: ['transfer.*'] });
  const stopping = new AbortController();
  const entries: FeedEntry[] = [];
  const read = async (): Promise<void> => {
    for await (const entry of client.webhooks.feed(id, {}, { signal: stopping.signal })) entries.push(entry);
  };
  const ended = read();
  return {
    entries,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

const signal = (producer: number, name: NodeJS.Signals) => () =>
  stack.process('producer', producer).kill(name);

interface Disturbance {
  start(): void;
  /** Whether events are delivered meanwhile. */
  isSurvived: boolean;
}

const survived = (start: () => void): Disturbance => ({ start, isSurvived: true });

const DISTURBANCES: Disturbance[] = [
  survived(() => {}),
  survived(signal(0, 'SIGKILL')),
  survived(signal(1, 'SIGSTOP')),
  { start: () => proxies.forEach((proxy) => proxy.cut()), isSurvived: false },
  survived(() => proxies.forEach((proxy) => proxy.heal())),
  survived(signal(1, 'SIGCONT')),
  survived(signal(1, 'SIGKILL')),
  // Closes all connections.
  survived(() => proxies.forEach((proxy, n) => proxy.redirect(banks[n]?.url ?? ''))),
];

/** Runs the transactions of one round. Every second one rolls back. */
async function transferAll(bank: Bank, round: number): Promise<void> {
  let next = round * ROUND;
  const client = async (): Promise<void> => {
    while (next < (round + 1) * ROUND) {
      const id = next++;
      const [from, to] = [1 + (id % ACCOUNTS), 1 + ((id + 1 + (id % 3)) % ACCOUNTS)];
      await bank.transfer(
        { bank: bank.name, id, from, to, amount: 1 + (id % 7) },
        id % 2 === 0 ? 'COMMIT' : 'ROLLBACK',
      );
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

const delivered = (): Transfer[] => receiver.requests.map((request) => request.json().data);

/** Returns the ids of the transfers that an account paid, in the order in which they arrived. */
const arrivedFrom = (name: string, account: number): number[] =>
  delivered()
    .filter(({ bank, from }) => bank === name && from === account)
    .map(({ id }) => id);

interface Numbered {
  sequence: number;
  transfer: Transfer;
}

const pushedList = (): Numbered[] =>
  receiver.requests
    .map((request) => ({
      sequence: Number(request.headers['webhook-sequence']),
      transfer: request.json().data as Transfer,
    }))
    .toSorted((a, b) => a.sequence - b.sequence);

const pulledList = (): Numbered[] =>
  feed.entries.map(({ sequence, body }) => ({ sequence, transfer: JSON.parse(body ?? '').data }));

/** Returns the balances of a bank after the delivered transfers. */
function balancesOf(name: string): number[] {
  const balances = Array.from({ length: ACCOUNTS }, () => INITIAL_BALANCE);
  const add = (account: number, change: number) => {
    balances[account - 1] = (balances[account - 1] ?? 0) + change;
  };
  for (const { from, to, amount } of delivered().filter(({ bank }) => bank === name)) {
    add(from, -amount);
    add(to, amount);
  }
  return balances;
}

const idsOf = (name: string): number[] =>
  delivered()
    .filter(({ bank }) => bank === name)
    .map(({ id }) => id)
    .toSorted((a, b) => a - b);

/** Returns the ids of the transfers whose events are stored. */
async function storedIds(name: string): Promise<number[]> {
  const { rows } = await posthorn.pool.query<{ id: number }>(
    `SELECT (body::json -> 'data' ->> 'id')::integer AS id FROM event
     WHERE type = 'transfer.made' AND body::json -> 'data' ->> 'bank' = $1 ORDER BY 1`,
    [name],
  );
  return rows.map(({ id }) => id);
}

const transferInAll = (round: number) => Promise.all(banks.map((bank) => transferAll(bank, round)));

async function expectExactly(rounds: number): Promise<void> {
  for (const bank of banks) {
    const committed = await bank.committed();
    expect(committed).toHaveLength((rounds * ROUND) / 2);
    await eventually(async () => expect(await bank.rows()).toBe(0), PATIENT);
    // All of its events are stored, and a second one of a row would be among them.
    expect(await storedIds(bank.name)).toEqual(committed);
    await eventually(() => expect(idsOf(bank.name)).toEqual(committed), PATIENT);
    expect(balancesOf(bank.name)).toEqual(await bank.balances());
    for (const account of ACCOUNT_IDS)
      expect(arrivedFrom(bank.name, account)).toEqual(await bank.paidBy(account));
  }
  const count = (banks.length * rounds * ROUND) / 2;
  const pushed = pushedList();
  expect(pushed.map(({ sequence }) => sequence)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
  await eventually(() => expect(pulledList()).toEqual(pushed), PATIENT);
  expect((await api.get('/v1/rejected-events')).body.data).toEqual([]);
}

describe('outboxes', () => {
  it('publish each committed transaction exactly once and in order, through kills, freezes and cut connections', async () => {
    for (const [round, { start, isSurvived }] of DISTURBANCES.entries()) {
      start();
      await transferInAll(round);
      for (const bank of isSurvived ? banks : [])
        await eventually(() => expect(Math.max(...idsOf(bank.name))).toBeGreaterThan(round * ROUND));
    }
    await expectExactly(DISTURBANCES.length);
  }, 120_000);

  it('publish rows once that were not deleted after their events were stored', async () => {
    const round = DISTURBANCES.length;
    for (const producer of [0, 1]) signal(producer, 'SIGSTOP')();
    await transferInAll(round);
    const unlocks = await Promise.all(banks.map((bank) => bank.lockRows()));
    for (const producer of [0, 1]) signal(producer, 'SIGCONT')();
    for (const bank of banks)
      await eventually(async () => expect(idsOf(bank.name)).toEqual(await bank.committed()));
    for (const producer of [0, 1]) signal(producer, 'SIGKILL')();
    await Promise.all(unlocks.map((unlock) => unlock()));
    for (const bank of banks) expect(await bank.rows()).toBe(ROUND / 2);
    await expectExactly(round + 1);
  }, 120_000);
});
