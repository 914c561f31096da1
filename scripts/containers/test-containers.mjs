// npm run test:containers: builds the image from a clean checkout and runs docker-compose.yml, with Podman. Requires root on Debian,
// and no daemon or container registry, so npm test does not include it. Images stay in .posthorn/test-containers.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { root } from '../setup.mjs';
import { Podman } from './podman.mjs';
import { buildStandIns } from './stand-ins.mjs';

/** Unique, so that nothing of a killed run has the same name. */
const PROJECT = `posthorn-test-${randomBytes(4).toString('hex')}`;
const API = 'http://127.0.0.1:8080';
const IMAGE = 'localhost/posthorn';
const RECEIVER = `${PROJECT}-receiver`;
const HEALTHY_WITHIN_MS = 180_000;
const DELIVERED_WITHIN_MS = 30_000;
/** The containers that must run, by service. */
const CONTAINERS = { api: 1, producer: 1, worker: 2, postgres: 1, redis: 1 };

const adminKey = `phk_${randomBytes(32).toString('hex')}`;
const settings = {
  POSTHORN_ADMIN_KEY: adminKey,
  POSTHORN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  POSTGRES_PASSWORD: randomBytes(32).toString('hex'),
  // The receiver's address is private.
  POSTHORN_OUTBOUND_ALLOW: '10.0.0.0/8',
  POSTHORN_OUTBOUND_HTTP: 'true',
  POSTHORN_OUTBOUND_PORTS: '8000',
};

const podman = new Podman(path.join(root, '.posthorn/test-containers'));
const checkout = mkdtempSync(path.join(tmpdir(), 'posthorn-checkout-'));
// Ctrl-C also ends the command that runs, so that the test fails and cleans up.
process.on('SIGINT', () => {});
try {
  exportCheckout();
  await buildStandIns(podman);
  console.log('Building the image…');
  // One of the services, which all have the same image.
  await compose('build', '--pull', 'never', 'api');
  await compose('up', '--detach', '--scale', 'worker=2');
  await checkContainers();
  await checkDelivery();
  await checkStop();
  console.log('\ncontainers: the image builds, and docker-compose.yml runs');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await removeAll();
}

/** Writes the tracked files, with uncommitted changes. The stand-ins of base images have other digests. */
function exportCheckout() {
  const commit = git('stash', 'create').toString().trim() || 'HEAD';
  execFileSync('tar', ['--extract', '--directory', checkout], { input: git('archive', commit) });
  for (const name of ['deploy/Dockerfile', 'docker-compose.yml']) {
    const file = path.join(checkout, name);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/@sha256:[0-9a-f]{64}/g, ''));
  }
}

function git(...args) {
  return execFileSync('git', args, { cwd: root, maxBuffer: 1e9 });
}

function compose(...args) {
  return podman.compose(['--project-name', PROJECT, ...args], { cwd: checkout, env: settings });
}

async function checkContainers() {
  const containers = await inspectContainers();
  for (const [service, count] of Object.entries(CONTAINERS)) {
    const replicas = containers.filter((container) => container.service === service);
    check(`containers of ${service}: ${count}`, replicas.length === count);
    for (const { name } of replicas) {
      check(`${name} is healthy`, await isHealthy(name));
      check(`${name} is not root`, (await podman.run(['exec', name, 'id', '-u'])) !== '0');
      check(
        `${name} cannot write to its root file system`,
        !(await podman.succeeds(['exec', '--user', '0', name, 'touch', '/written'])),
      );
    }
  }
}

async function isHealthy(name) {
  const isReady = () => podman.succeeds(['healthcheck', 'run', name]);
  if (await becomesTrue(isReady, HEALTHY_WITHIN_MS)) return true;
  await podman.run(['logs', '--tail', '20', name], { isShown: true });
  return false;
}

async function checkDelivery() {
  const script = fileURLToPath(new URL('receiver.mjs', import.meta.url));
  const options = ['--detach', '--name', RECEIVER, '--network', `${PROJECT}_outside`];
  const mount = ['--volume', `${script}:/receiver.mjs:ro`];
  await podman.run(['run', ...options, ...mount, IMAGE, 'node', '/receiver.mjs']);
  const { id } = await call('POST', '/v1/webhooks', {
    url: `http://${RECEIVER}:8000/`,
    eventTypes: ['invoice.paid'],
  });
  const { status } = await call('POST', `/v1/webhooks/${id}/validation`);
  check('the receiver confirms the validation', status === 'confirmed');
  await call('POST', '/v1/events', { type: 'invoice.paid', data: { id: 'in_1' } });
  const isDelivered = async () =>
    (await call('GET', `/v1/deliveries?webhookId=${id}&status=succeeded`)).data.length === 1;
  check('the event is delivered', await becomesTrue(isDelivered, DELIVERED_WITHIN_MS));
  const requests = (await podman.run(['logs', RECEIVER])).split('\n').map((line) => JSON.parse(line));
  check('the receiver gets it once', requests.filter(({ type }) => type === 'invoice.paid').length === 1);
}

async function checkStop() {
  const containers = await inspectContainers();
  for (const service of Object.keys(CONTAINERS)) {
    const names = containers.filter((container) => container.service === service).map(({ name }) => name);
    await podman.run(['stop', '--time', '40', ...names]);
  }
  for (const { name, running, exitCode } of await inspectContainers())
    check(`${name} stops and exits with 0`, !running && exitCode === 0);
}

async function inspectContainers() {
  const ids = await podman.run([
    'ps',
    '--all',
    '--quiet',
    '--filter',
    `label=io.podman.compose.project=${PROJECT}`,
  ]);
  if (ids === '') return [];
  return JSON.parse(await podman.run(['inspect', ...ids.split('\n')])).map(({ Name, State, Config }) => ({
    name: Name,
    service: Config.Labels['com.docker.compose.service'],
    running: State.Running,
    exitCode: State.ExitCode,
  }));
}

async function call(method, target, body) {
  const response = await fetch(`${API}${target}`, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${target}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function becomesTrue(isTrue, withinMs) {
  for (const until = Date.now() + withinMs; Date.now() < until; await sleep(300)) {
    if (await isTrue()) return true;
  }
  return false;
}

async function removeAll() {
  // podman-compose stops and removes only one container of a scaled service. An interrupted build leaves its containers, mounted.
  const ids = await podman.run(['ps', '--all', '--external', '--quiet']);
  if (ids !== '') await podman.succeeds(['rm', '--force', ...ids.split('\n')]);
  await compose('down', '--volumes');
  await podman.succeeds(['rmi', '--force', IMAGE]);
  await podman.run(['image', 'prune', '--force']);
  podman.close();
  rmSync(checkout, { recursive: true, force: true });
}

function check(statement, isTrue) {
  console.log(`${isTrue ? 'ok' : 'FAILED'}: ${statement}`);
  if (!isTrue) throw new Error(`The container test failed: ${statement}`);
}
