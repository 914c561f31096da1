// npm run check:image: tests deploy/Dockerfile without Docker. Runs its instructions in folders instead of layers, then every role
// as a user without write access to the result. Takes several minutes, because it installs all dependencies twice.
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
// The user who runs the services needs to traverse it.
execFileSync('chmod', ['755', home]);

await setUp();
const { freePort, startStack } = await import('@posthorn/local');
try {
  const app = build();
  await run(app);
  console.log('\nimage: the Dockerfile builds, and every role runs from the result');
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** Runs the Dockerfile's instructions. Returns the folder that corresponds to /app in the last stage. */
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

/** Runs a COPY instruction. Like Docker, copies the contents of folders. The build context is the files that Git tracks. */
function copy(text, folder, stages) {
  const [, stage, rest = text] = /^--from=(\S+) (.*)$/.exec(text) ?? [];
  const sources = rest.split(' ');
  const to = path.join(folder, sources.pop());
  for (const source of sources) {
    if (stage !== undefined) {
      cpSync(path.join(stages.get(stage), source.replace('/app', '.')), to, {
        recursive: true,
        verbatimSymlinks: true,
      });
      continue;
    }
    for (const file of gitFiles(source)) {
      const target = to.endsWith('/') && source === file ? path.basename(file) : path.relative(source, file);
      cpSync(path.join(root, file), path.join(to, target), { verbatimSymlinks: true });
    }
  }
}

function gitFiles(pathspec) {
  const listed = execFileSync('git', ['ls-files', '-z', pathspec], { cwd: root, encoding: 'utf8' });
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
    const migrated = await exitCodeOf(start(app, ['packages/cli/bin/posthorn.js', 'migrate'], env));
    check('posthorn migrate exits with 0', migrated === 0);
    for (const role of ['admin-api', 'producer', 'worker', 'all']) {
      const ports = {
        POSTHORN_PORT: String(await freePort()),
        POSTHORN_HEALTH_PORT: String(await freePort()),
      };
      const service = start(app, [`apps/${role}/dist/main.js`], { ...env, ...ports });
      const exited = exitCodeOf(service);
      check(`${role} is healthy`, await isHealthy(app, { ...env, ...ports }, service));
      if (role === 'admin-api' || role === 'all')
        await checkApi(`http://127.0.0.1:${ports.POSTHORN_PORT}`, env);
      service.kill('SIGTERM');
      check(`${role} exits with 0`, (await exited) === 0);
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

/** Runs the image's health check until it succeeds, the service exits, or the time limit is reached. */
async function isHealthy(app, env, service) {
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until; await sleep(300)) {
    if ((await exitCodeOf(start(app, ['deploy/healthcheck.mjs'], env))) === 0) return true;
    if (service.exitCode !== null) return false;
  }
  return false;
}

function start(app, args, env) {
  // Only root can switch users. Another user owns the files, so write access is not tested.
  const user = process.getuid?.() === 0 ? { uid: USER, gid: USER } : {};
  return spawn('node', args, { cwd: app, env, stdio: ['ignore', 'inherit', 'inherit'], ...user });
}

async function exitCodeOf(child) {
  const [code] = await once(child, 'exit');
  return code;
}

function check(statement, isTrue) {
  console.log(`${isTrue ? 'ok' : 'FAILED'}: ${statement}`);
  if (!isTrue) throw new Error(`The image check failed: ${statement}`);
}
