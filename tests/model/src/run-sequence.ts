import { interruptTenant } from './interrupt-tenant.js';
import { redeliver, retry } from './redelivery-commands.js';
import { checkLateRequests } from './barrier.js';
import type { Command, Target } from './command.js';
import { moveCursor, readFeed } from './feed-commands.js';
import { changeWebhook, compareWebhook, createWebhook } from './lifecycle-commands.js';
import { publish, publishWhileChanging, push } from './publish-commands.js';
import { type LiveWebhook, type Sequence, recordViolation, latestWebhook } from './sequence.js';
import { listAll } from './list-all.js';
import { settle } from './settle.js';
import { skip } from './skip-command.js';
import { startSequence } from './start-sequence.js';
import type { System } from './sequence.js';

/** The system differs from the model. The message has the violations and the trace. */
export class Deviation extends Error {
  override name = 'Deviation';
}

/**
 * Runs one sequence on the real system, in its own tenant, and compares the system with the model after each command and at the
 * end.
 *
 * @throws Deviation at the first difference
 */
export async function runSequence(system: System, commands: readonly Command[]): Promise<void> {
  const sequence = await startSequence(system);
  try {
    for (const command of commands) {
      sequence.step += 1;
      await runCommand(sequence, command);
      system.counters.commands += 1;
      assertNone(sequence);
    }
    sequence.step += 1;
    await settle(sequence);
    await checkLateRequests(sequence);
    await compareLists(sequence);
  } catch (error) {
    if (!(error instanceof Deviation)) recordViolation(sequence, String(error));
  } finally {
    assertNone(sequence);
    sequence.isOver = true;
  }
}

function assertNone({ violations, trace }: Sequence): void {
  if (violations.length === 0) return;
  throw new Deviation([...violations, 'trace:', ...trace].join('\n  '));
}

async function runCommand(sequence: Sequence, command: Command): Promise<void> {
  switch (command.do) {
    case 'publish':
      return publish(sequence, command);
    case 'push':
      return push(sequence, command);
    case 'settle':
      return settle(sequence);
    case 'interrupt_tenant':
      return interruptTenant(sequence, command);
    case 'kill':
      sequence.system.faults.kill(command.role);
      return;
    case 'pause_producer':
      sequence.system.faults.pauseProducer();
      return;
    case 'create':
      return createInFreeTarget(sequence, command);
    case 'request_code':
    case 'confirm':
    case 'change_types':
    case 'change_url':
    case 'pull':
    case 'push_to':
    case 'suspend':
    case 'reactivate':
    case 'delete':
    case 'fail_once':
    case 'read_feed':
    case 'move_cursor':
    case 'skip':
    case 'retry':
    case 'replay':
    case 'recover':
      return withWebhook(sequence, command.target, (webhook) => runOn(sequence, webhook, command));
  }
}

async function createInFreeTarget(
  sequence: Sequence,
  command: Extract<Command, { do: 'create' }>,
): Promise<void> {
  const present = latestWebhook(sequence, command.target);
  if (!present || present.model.status === 'deleted') await createWebhook(sequence, command);
}

async function withWebhook(
  sequence: Sequence,
  target: Target,
  run: (webhook: LiveWebhook) => Promise<void>,
): Promise<void> {
  const webhook = latestWebhook(sequence, target);
  if (webhook) await run(webhook);
}

async function runOn(
  sequence: Sequence,
  webhook: LiveWebhook,
  command: Exclude<
    Command,
    { do: 'publish' | 'push' | 'settle' | 'interrupt_tenant' | 'kill' | 'pause_producer' | 'create' }
  >,
): Promise<void> {
  switch (command.do) {
    case 'suspend':
    case 'reactivate': {
      const changed = changeWebhook(sequence, webhook, command);
      await Promise.all([changed, publishWhileChanging(sequence, webhook, command.publishing)]);
      return;
    }
    case 'fail_once':
      webhook.failsNext = true;
      return;
    case 'skip':
      return skip(sequence, webhook, command.pick);
    case 'read_feed':
      return readFeed(sequence, webhook, command);
    case 'move_cursor':
      return moveCursor(sequence, webhook, command.pick);
    case 'retry':
      return retry(sequence, webhook, command.pick);
    case 'replay':
    case 'recover':
      return redeliver(sequence, webhook, command.do);
    case 'request_code':
    case 'confirm':
    case 'change_types':
    case 'change_url':
    case 'pull':
    case 'push_to':
    case 'delete':
      return changeWebhook(sequence, webhook, command);
  }
}

/** Compares the lists of the API at the end: all webhooks that are not deleted, and each event once. */
async function compareLists(sequence: Sequence): Promise<void> {
  const events = await listAll(sequence, '/v1/events');
  const rejected = await listAll<{ code: string }>(sequence, '/v1/rejected-events');
  // Pushes that were read while the tenant was stopped.
  const stopped = rejected.filter(({ code }) => code === 'tenant_suspended' || code === 'tenant_deleted');
  const expected = sequence.events - sequence.refused - stopped.length;
  if (events.length !== expected)
    recordViolation(
      sequence,
      `the API lists ${events.length} events, expected ${expected}; rejected: ${JSON.stringify(rejected)}`,
    );
  const listed = new Map(
    (await listAll<{ id: string }>(sequence, '/v1/webhooks')).map((real) => [real.id, real]),
  );
  for (const webhook of sequence.webhooks) {
    if (webhook.model.status === 'deleted') {
      if (listed.has(webhook.id))
        recordViolation(sequence, `webhook ${webhook.index} is deleted but still listed`);
    } else {
      compareWebhook(sequence, webhook, listed.get(webhook.id));
    }
  }
}
