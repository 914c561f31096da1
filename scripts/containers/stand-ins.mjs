import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const DEBIAN = 'trixie';
const NODE = [`node-linux-${process.arch}@22`, 'npm@10'];
/** The images that the Dockerfile and docker-compose.yml name, by the stage of the Containerfile that stands in for each. */
const IMAGES = {
  node: 'docker.io/library/node:22-slim',
  postgres: 'docker.io/library/postgres:18',
  redis: 'docker.io/library/redis:8',
};

/** Builds the stand-ins, unless an earlier run has built them. Requires no container registry. */
export async function buildStandIns(podman) {
  const exists = (image) => podman.succeeds(['image', 'exists', image]);
  const found = await Promise.all(Object.values(IMAGES).map(exists));
  if (found.every(Boolean)) return;
  const context = mkdtempSync(path.join(tmpdir(), 'posthorn-'));
  try {
    if (!(await exists('localhost/debian'))) await importDebian(podman, path.join(context, 'debian'));
    fillContext(context);
    for (const [stage, image] of Object.entries(IMAGES)) {
      console.log(`Building a stand-in for ${image}…`);
      await podman.run(['build', '--pull=never', '--target', stage, '--tag', image, context]);
    }
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

async function importDebian(podman, folder) {
  console.log(`Installing Debian ${DEBIAN}…`);
  execute('debootstrap', ['--variant=minbase', DEBIAN, folder]);
  const archive = spawn('tar', ['--create', '--directory', folder, '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await podman.run(['import', '-', 'localhost/debian'], { input: archive.stdout });
  rmSync(folder, { recursive: true });
}

function fillContext(context) {
  cpSync(fileURLToPath(new URL('stand-ins', import.meta.url)), context, { recursive: true });
  copyFileSync('/etc/ssl/certs/ca-certificates.crt', path.join(context, 'ca-certificates.crt'));
  const node = path.join(context, 'node');
  // npm requires it when it runs within npm.
  mkdirSync(path.join(node, 'lib'), { recursive: true });
  execute('npm', ['install', '--loglevel=error', '--global', '--prefix', node, ...NODE]);
}

function execute(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
}
