// npm run test:proxies: sends requests through Dante (SOCKS5) and Smokescreen (HTTP), which the other tests do not need. Installs them if
// they are missing: Dante with apt-get as root on Debian, Smokescreen with Go, which takes some minutes.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './run-program.mjs';
import { npm, setUp } from './setup.mjs';

const SMOKESCREEN = 'github.com/stripe/smokescreen@v0.1.0';

await setUp();
const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-proxies-'));
try {
  process.env.TEST_DANTED ||= await findDante();
  process.env.TEST_SMOKESCREEN ||= await installSmokescreen();
  await mustRun(npm('run', '--silent', 'jest', '--', 'packages/outbound/test/real-proxies'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function findDante() {
  const { aptInstall, which } = await import('@posthorn/local');
  // Debian has it where only root looks.
  const found = () => which('danted') ?? ['/usr/sbin/danted'].find((file) => existsSync(file));
  if (found() === undefined) await aptInstall('dante-server');
  return found();
}

async function installSmokescreen() {
  process.env.GOBIN = folder;
  await mustRun(['go', ['install', SMOKESCREEN]]);
  return path.join(folder, 'smokescreen');
}

async function mustRun([program, args]) {
  const { code } = await run(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} exited with code ${code}`);
}
