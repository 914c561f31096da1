import { replay, retry } from './again-commands.js';
import { judgeLate } from './barrier.js';
import type { Command, Slot } from './command.js';
import { changeWebhook, compareWebhook, createWebhook } from './lifecycle-commands.js';
import { publish, publishWhileChanging, push } from './publish-commands.js';
import { type LiveWebhook, newScene, type Scene, violated, webhookIn } from './scene.js';
import { listAll, settle } from './settle.js';
import type { World } from './world.js';

/** The system did something else than the model. The message tells what, and all that happened. */
export class Deviation extends Error {
  override name = 'Deviation';
}

/**
 * Carries out one sequence on the real system, as a tenant of its own, and compares it with the model all the way and at
 * the end.
 *
 * @throws Deviation at the first difference
 */
export async function runSequence(world: World, commands: readonly Command[]): Promise<void> {
  const scene = await newScene(world);
  try {
    for (const command of commands) {
      scene.now += 1;
      await carryOut(scene, command);
      world.tally.commands += 1;
      assertNone(scene);
    }
    scene.now += 1;
    await settle(scene);
    await judgeLate(scene);
    await compareLists(scene);
  } catch (error) {
    if (!(error instanceof Deviation)) violated(scene, String(error));
  } finally {
    assertNone(scene);
    scene.over = true;
  }
}

function assertNone({ violations, trace }: Scene): void {
  if (violations.length === 0) return;
  throw new Deviation([...violations, 'what happened, by steps:', ...trace].join('\n  '));
}

async function carryOut(scene: Scene, command: Command): Promise<void> {
  switch (command.do) {
    case 'publish':
      return publish(scene, command.type, command.count);
    case 'push':
      return push(scene, command.type, command.count);
    case 'settle':
      return settle(scene);
    case 'kill':
      scene.world.harm.kill(command.role);
      return;
    case 'create':
      return createInFreeSlot(scene, command);
    case 'request_code':
    case 'confirm':
    case 'change_types':
    case 'change_url':
    case 'suspend':
    case 'reactivate':
    case 'delete':
    case 'fail_once':
    case 'retry':
    case 'replay':
      return withWebhook(scene, command.slot, (webhook) => carryOutOn(scene, webhook, command));
  }
}

async function createInFreeSlot(scene: Scene, command: Extract<Command, { do: 'create' }>): Promise<void> {
  const present = webhookIn(scene, command.slot);
  if (!present || present.model.status === 'deleted') await createWebhook(scene, command);
}

async function withWebhook(
  scene: Scene,
  slot: Slot,
  carry: (webhook: LiveWebhook) => Promise<void>,
): Promise<void> {
  const webhook = webhookIn(scene, slot);
  if (webhook) await carry(webhook);
}

async function carryOutOn(
  scene: Scene,
  webhook: LiveWebhook,
  command: Exclude<Command, { do: 'publish' | 'push' | 'settle' | 'kill' | 'create' }>,
): Promise<void> {
  switch (command.do) {
    case 'suspend':
    case 'reactivate': {
      const changed = changeWebhook(scene, webhook, command);
      await Promise.all([changed, publishWhileChanging(scene, webhook, command.publishing)]);
      return;
    }
    case 'fail_once':
      webhook.failsOnce = true;
      return;
    case 'retry':
      return retry(scene, webhook, command.pick);
    case 'replay':
      return replay(scene, webhook);
    case 'request_code':
    case 'confirm':
    case 'change_types':
    case 'change_url':
    case 'delete':
      return changeWebhook(scene, webhook, command);
  }
}

/** The lists of the API, at the end: all webhooks that are not deleted, all events once. */
async function compareLists(scene: Scene): Promise<void> {
  const events = await listAll(scene, '/v1/events');
  if (events.length !== scene.events)
    violated(scene, `there are ${events.length} events, not ${scene.events}`);
  const listed = new Map(
    (await listAll<{ id: string }>(scene, '/v1/webhooks')).map((real) => [real.id, real]),
  );
  for (const webhook of scene.webhooks) {
    if (webhook.model.status === 'deleted') {
      if (listed.has(webhook.id)) violated(scene, `webhook ${webhook.place} is deleted, and listed`);
    } else {
      compareWebhook(scene, webhook, listed.get(webhook.id));
    }
  }
}
