// npm run test:bullmq: runs the tests of packages/queue with the newest BullMQ 6 as its worker, in a copy of this commit, and those of
// pushes with the newest BullMQ 5 and 6 as publishers. Decision 42 lists what packages/queue relies on.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './run-program.mjs';
import { npm, root, setUp } from './setup.mjs';

const PUBLISHERS = ['5', '6'];
const WORKER = '6';
const PUSHES = ['consume-events', 'delayed-pushes', 'large-pushes', 'harmful-pushes'];

await setUp();
const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-bullmq-'));
try {
  const wanted = [...new Set([...PUBLISHERS, WORKER])].map((major) => `${nameOf(major)}@npm:bullmq@${major}`);
  // Without a package.json, npm would install into the checkout.
  writeFileSync(path.join(folder, 'package.json'), '{}');
  process.chdir(folder);
  await mustRun(npm('install', '--ignore-scripts', '--no-audit', '--no-fund', ...wanted));
  process.chdir(root);
  for (const major of PUBLISHERS) {
    headline(`BullMQ ${versionOf(major)} as publisher`);
    process.env.TEST_BULLMQ_PUBLISHER = createRequire(path.join(folder, 'index.js')).resolve(nameOf(major));
    await mustRun(
      npm('run', '--silent', 'jest', '--', ...PUSHES.map((name) => `packages/queue/test/${name}`)),
    );
  }
  delete process.env.TEST_BULLMQ_PUBLISHER;
  headline(`BullMQ ${versionOf(WORKER)} as worker`);
  await testWorker();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Builds and tests a copy of this commit that has another BullMQ. */
async function testWorker() {
  const copy = path.join(folder, 'posthorn');
  await mustRun(['git', ['clone', '--quiet', root, copy]]);
  process.chdir(copy);
  await mustRun(npm('ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'));
  const replaced = path.join(copy, 'node_modules/bullmq');
  rmSync(replaced, { recursive: true });
  cpSync(path.join(folder, 'node_modules', nameOf(WORKER)), replaced, { recursive: true });
  delete process.env.SET_UP_IN;
  await mustRun(npm('run', '--silent', 'build', '--', '--output-logs=errors-only'));
  await mustRun(npm('run', '--silent', 'jest', '--', 'packages/queue'));
  process.chdir(root);
}

function nameOf(major) {
  return `bullmq-${major}`;
}

function versionOf(major) {
  return JSON.parse(readFileSync(path.join(folder, 'node_modules', nameOf(major), 'package.json'), 'utf8'))
    .version;
}

async function mustRun([program, args]) {
  const { code } = await run(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} exited with code ${code}`);
}

function headline(text) {
  console.log(`\n== ${text}`);
}
