import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PODMAN_COMPOSE = 'podman-compose==1.6.0';

/** Debian's packages, by the command that succeeds if each is installed. */
const PACKAGES = {
  'command -v podman': 'podman',
  'command -v runc': 'runc',
  'command -v buildah': 'buildah',
  'command -v debootstrap': 'debootstrap',
  // netavark forwards ports with it.
  'command -v iptables': 'iptables',
  'python3 -c "import ensurepip"': 'python3-venv',
  'test -e /usr/lib/podman/netavark': 'netavark',
  'test -e /usr/lib/podman/aardvark-dns': 'aardvark-dns',
};

/**
 * Podman and podman-compose without a daemon or systemd. Configuration, images and containers are below `folder` and a temporary
 * folder, so that nothing else on the machine sees them.
 */
export class Podman {
  #compose;
  #storage;
  #state = mkdtempSync(path.join(tmpdir(), 'posthorn-'));
  #env;

  /**
   * Exits the process with one message if a required program is missing.
   *
   * @param {string} folder keeps the images between runs
   */
  constructor(folder) {
    requirePrograms();
    mkdirSync(folder, { recursive: true });
    this.#compose = installCompose(path.join(folder, 'venv'));
    this.#storage = path.join(folder, 'storage');
    this.#env = { ...process.env, ...configure(this.#storage, this.#state) };
  }

  /** Runs a podman command and returns its output. `input` is its standard input, `isShown` prints the output instead. */
  run(args, options = {}) {
    return this.#execute('podman', args, options);
  }

  /** Runs a podman-compose command in `options.cwd` with the variables `options.env`. */
  compose(args, options = {}) {
    return this.#execute(this.#compose, args, options);
  }

  /** Returns whether a podman command succeeds. */
  async succeeds(args) {
    return this.run(args).then(
      () => true,
      () => false,
    );
  }

  /** Removes the state of containers and networks. The images stay. */
  close() {
    // Podman leaves it mounted, and a folder with a mount cannot be deleted.
    spawnSync('umount', [path.join(this.#storage, 'overlay')]);
    rmSync(this.#state, { recursive: true, force: true });
  }

  #execute(program, args, { cwd, env, input, isShown = false }) {
    const child = spawn(program, args, {
      cwd,
      env: { ...this.#env, ...env },
      stdio: [input ?? 'ignore', isShown ? 'inherit' : 'pipe', isShown ? 'inherit' : 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (errors += chunk));
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0) resolve(output.trim());
        else
          reject(
            new Error(`${path.basename(program)} ${args.join(' ')}: exit code ${code}\n${output}${errors}`),
          );
      });
    });
  }
}

function requirePrograms() {
  const missing = Object.entries(PACKAGES).filter(([test]) => spawnSync('sh', ['-c', test]).status !== 0);
  if (process.getuid?.() === 0 && missing.length === 0) return;
  const packages = missing.map(([, name]) => name).join(' ');
  console.error(
    `npm run test:containers requires root on Debian${packages && `, and: apt-get install --yes ${packages}`}`,
  );
  process.exit(1);
}

/** Installs podman-compose and returns its path. */
function installCompose(venv) {
  const program = path.join(venv, 'bin/podman-compose');
  if (existsSync(program)) return program;
  const commands = [
    ['python3', '-m', 'venv', venv],
    [path.join(venv, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check', PODMAN_COMPOSE],
  ];
  for (const [command, ...args] of commands) {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`Cannot install ${PODMAN_COMPOSE}\n${stdout}${stderr}`);
  }
  return program;
}

/** Writes podman's configuration and returns the variables that select it. */
function configure(storage, state) {
  const containersConf = path.join(state, 'containers.conf');
  const storageConf = path.join(state, 'storage.conf');
  writeFileSync(
    containersConf,
    `[containers]
default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
tmp_dir = "${state}/tmp"
[network]
network_backend = "netavark"
network_config_dir = "${state}/networks"
`,
  );
  writeFileSync(
    storageConf,
    `[storage]
driver = "overlay"
graphroot = "${storage}"
runroot = "${state}/run"
`,
  );
  return {
    // Otherwise Podman drops the image's health check.
    BUILDAH_FORMAT: 'docker',
    // One layer for each stage: no image remains of each step.
    BUILDAH_LAYERS: 'false',
    CONTAINERS_CONF: containersConf,
    CONTAINERS_STORAGE_CONF: storageConf,
    // Health checks run when the test asks for them, not by timers of systemd.
    DISABLE_HC_SYSTEMD: 'true',
  };
}
