// npm run check:image: what deploy/Dockerfile makes, without Docker. Its steps are carried out in folders instead of layers, and
// what comes of them runs as a user who can write none of it. Takes some minutes: it installs everything twice.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, setUp } from './setup.mjs';

const USER = 1000;
const READY_WITHIN_MS = 30_000;
const home = mkdtempSync(path.join(tmpdir(), 'posthorn-image-'));
// Whoever runs the services passes through it.
execFileSync('chmod', ['755', home]);

await setUp();
const { freePort, startStack } = await import('@posthorn/local');
try {
  const app = build();
  await run(app);
  console.log('\nimage: the Dockerfile builds, and every role runs from what it makes');
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** Carries out the Dockerfile. Answers the folder that the last stage leaves at /app. */
function build() {
  const stages = new Map();
  let folder = '';
  for (const [instruction, text] of instructions()) {
    if (instruction === 'FROM') {
      const [base, , name = 'last'] = text.split(' ');
      folder = path.join(home, name);
      mkdirSync(folder);
      if (stages.has(base)) cpSync(stages.get(base), folder, { recursive: true, verbatimSymlinks: true });
      stages.set(name, folder);
    }
    if (instruction === 'COPY') copy(text, folder, stages);
    if (instruction === 'RUN') {
      console.log(`\n${path.basename(folder)}: ${text}`);
      execFileSync('sh', ['-c', text], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    }
  }
  return folder;
}

function instructions() {
  return readFileSync(path.join(root, 'deploy/Dockerfile'), 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
}

/** Folders are copied by what is in them, as Docker does. From outside comes what git knows. */
function copy(text, folder, stages) {
  const [, stage, rest = text] = /^--from=(\S+) (.*)$/.exec(text) ?? [];
  const places = rest.split(' ');
  const to = path.join(folder, places.pop());
  for (const place of places) {
    if (stage !== undefined) {
      cpSync(path.join(stages.get(stage), place.replace('/app', '.')), to, {
        recursive: true,
        verbatimSymlinks: true,
      });
      continue;
    }
    for (const file of gitFiles(place)) {
      const at = to.endsWith('/') && place === file ? path.basename(file) : path.relative(place, file);
      cpSync(path.join(root, file), path.join(to, at), { verbatimSymlinks: true });
    }
  }
}

function gitFiles(place) {
  const listed = execFileSync('git', ['ls-files', '-z', place], { cwd: root, encoding: 'utf8' });
  return listed.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)));
}

async function run(app) {
  const stack = await startStack({ ephemeral: true, services: false });
  const env = {
    PATH: process.env.PATH,
    ...variablesOf('ENV'),
    DATABASE_URL: stack.databaseUrl,
    REDIS_URL: stack.redisUrl,
    POSTHORN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    POSTHORN_ADMIN_KEY: `phk_${randomBytes(32).toString('hex')}`,
    POSTHORN_LOG_LEVEL: 'warn',
  };
  try {
    const migrated = await endOf(start(app, ['packages/cli/bin/posthorn.js', 'migrate'], env));
    check('posthorn migrate ends with 0', migrated === 0);
    for (const role of ['admin-api', 'producer', 'worker']) {
      const ports = {
        POSTHORN_PORT: String(await freePort()),
        POSTHORN_HEALTH_PORT: String(await freePort()),
      };
      const service = start(app, [`apps/${role}/dist/main.js`], { ...env, ...ports });
      const ended = endOf(service);
      check(`${role} is healthy`, await isHealthy(app, { ...env, ...ports }, service));
      if (role === 'admin-api') await checkApi(`http://127.0.0.1:${ports.POSTHORN_PORT}`, env);
      service.kill('SIGTERM');
      check(`${role} stops with 0`, (await ended) === 0);
    }
  } finally {
    await stack.stop();
  }
}

function variablesOf(instruction) {
  const [, text = ''] = instructions().find(([name]) => name === instruction) ?? [];
  return Object.fromEntries(
    Array.from(text.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g), ([, name, quoted, bare]) => [
      name,
      quoted ?? bare,
    ]),
  );
}

async function checkApi(url, { POSTHORN_ADMIN_KEY }) {
  const page = await fetch(url);
  check('the API serves the dashboard', page.ok && (await page.text()).includes('<div id="root">'));
  const published = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${POSTHORN_ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'invoice.paid', data: { id: 'in_1' } }),
  });
  check('the API accepts an event', published.status === 202);
}

/** By the image's own health check, until it says yes or the service has ended. */
async function isHealthy(app, env, service) {
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until; await sleep(300)) {
    if ((await endOf(start(app, ['deploy/healthcheck.mjs'], env))) === 0) return true;
    if (service.exitCode !== null) return false;
  }
  return false;
}

function start(app, args, env) {
  // Only root can be another user; anyone else owns the files, and could write them.
  const user = process.getuid?.() === 0 ? { uid: USER, gid: USER } : {};
  return spawn('node', args, { cwd: app, env, stdio: ['ignore', 'inherit', 'inherit'], ...user });
}

async function endOf(child) {
  const [code] = await once(child, 'exit');
  return code;
}

function check(what, holds) {
  console.log(`${holds ? 'ok' : 'NOT'}: ${what}`);
  if (!holds) throw new Error(`the image fails: ${what}`);
}
