import { type Fate, published, type PublishedEvent } from './fate.js';
import { compareAnswer, type LiveWebhook, named, type Scene, trace, violated } from './scene.js';
import { wants } from './webhook-model.js';

const TYPES_WHILE_CHANGING = ['order.paid', 'order.sent', 'user.made'];

/** Publishes over HTTP, all at once. */
export async function publish(scene: Scene, type: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => publishOne(scene, type)));
}

async function publishOne(scene: Scene, type: string): Promise<void> {
  const { event, fates } = newEvent(scene, type, 'http');
  const deliveries = await post(scene, event);
  const wanted = fates.filter(({ run }) => run?.bound === 'must').length;
  if (deliveries !== wanted)
    violated(scene, `event ${event.n} has ${deliveries} deliveries, expected ${wanted}`);
}

/** Publishes over HTTP while a webhook is suspended or reactivated: the answer tells whether it was in time. */
export async function publishWhileChanging(
  scene: Scene,
  changing: LiveWebhook,
  count: number,
): Promise<void> {
  const types = TYPES_WHILE_CHANGING.slice(0, count);
  await Promise.all(types.map((type) => publishOneWhileChanging(scene, changing, type)));
}

async function publishOneWhileChanging(scene: Scene, changing: LiveWebhook, type: string): Promise<void> {
  const { event, fates } = newEvent(scene, type, 'http');
  const run = changing.fates.get(event.n)?.run;
  if (!run) return;
  const wanted = fates.filter((fate) => fate.run !== run && fate.run?.bound === 'must').length;
  const canMatch = wants({ ...changing.model, status: 'active' }, type);
  if (canMatch) run.bound = 'may';
  const deliveries = await post(scene, event);
  const own = deliveries - wanted;
  if (own === 0) run.bound = 'never';
  else if (own === 1 && canMatch) run.bound = changing.model.status === 'active' ? 'must' : 'may';
  else
    violated(
      scene,
      `event ${event.n} has ${deliveries} deliveries, ${wanted} and one of ${named(changing)} at most`,
    );
}

async function post(scene: Scene, { n, type }: PublishedEvent): Promise<number> {
  const idempotencyKey = String(n);
  const real = await scene.api.post('/v1/events', { type, data: { n }, idempotencyKey });
  // 200: a call before, which was answered with 503, had stored it after all.
  const expected = { status: real.status === 200 ? 200 : 202 };
  compareAnswer(scene, `publish event ${n} (${type})`, { real, expected });
  scene.numbers.set(real.body.id, n);
  return real.body.deliveries;
}

/** Pushes to the Redis queue, without waiting for anybody to read it. */
export async function push(scene: Scene, type: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, () => newEvent(scene, type, 'redis').event);
  const jobs = events.map(({ n }) => ({ name: type, data: { data: { n }, tenantId: scene.tenantId } }));
  for (const { id } of await scene.world.queue.addBulk(jobs)) scene.pushes.add(String(id));
  trace(scene, `pushed events ${events.map(({ n }) => n).join(', ')} (${type})`);
}

/** Numbers an event, and notes what is to become of it at every webhook there is. */
function newEvent(
  scene: Scene,
  type: string,
  door: PublishedEvent['door'],
): { event: PublishedEvent; fates: Fate[] } {
  const event = { n: scene.events, type, door, at: scene.now };
  scene.events += 1;
  scene.world.tally.events += 1;
  const fates = scene.webhooks.map((webhook) => {
    const fate = published(event, webhook.model, Date.now());
    webhook.fates.set(event.n, fate);
    return fate;
  });
  return { event, fates };
}
