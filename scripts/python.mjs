// Runs programs written in Python, each in a separate virtual environment.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const OLDEST_MINOR = 10;

/** Python is missing, too old, or cannot install packages. The message says what to install. */
export class PythonUnavailable extends Error {}

/**
 * Creates a virtual environment and installs packages into it, unless an earlier run has. As root on Debian it installs Python too.
 * Requires a build.
 *
 * @param {string} folder
 * @param {string[]} packages arguments of `pip install`
 * @returns {Promise<(program: string) => string>} returns the path of a program of the environment
 * @throws {PythonUnavailable}
 */
export async function pythonEnvironment(folder, packages) {
  const programOf = (program) => path.join(folder, 'bin', program);
  const installed = path.join(folder, 'installed.txt');
  if (existsSync(installed)) return programOf;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.dirname(folder), { recursive: true });
  await createEnvironment(folder);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
  const failure = failureOf(programOf('python'), pip);
  if (failure !== null) throw new PythonUnavailable(`Cannot install ${packages.join(' ')}: ${failure}`);
  writeFileSync(installed, packages.join('\n'));
  return programOf;
}

async function createEnvironment(folder) {
  const create = () => versionFailure() ?? failureOf('python3', ['-m', 'venv', '--clear', folder]);
  let failure = create();
  if (failure !== null && (await installPython())) failure = create();
  if (failure !== null)
    throw new PythonUnavailable(`Python 3.${OLDEST_MINOR} or later with venv is required: ${failure}`);
}

function versionFailure() {
  const isRecent = `import sys; sys.exit(0 if sys.version_info >= (3, ${OLDEST_MINOR}) else sys.version)`;
  return failureOf('python3', ['-c', isRecent]);
}

/** Debian packages venv separately from Python. */
async function installPython() {
  const { aptInstall, isDebian, isRoot } = await import('@posthorn/local');
  if (!isRoot() || !isDebian()) return false;
  console.log('Python with venv not found. Installing it with apt-get…');
  return aptInstall('python3-venv').then(
    () => true,
    (error) => {
      console.error(`Cannot install python3-venv with apt-get: ${error.message.split('\n')[0]}`);
      return false;
    },
  );
}

/** Returns why a program failed, or null if it did not. */
function failureOf(program, args) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) return error.code === 'ENOENT' ? `${program} not found` : error.message;
  return status === 0 ? null : `${stdout}${stderr}`.trim().slice(-1000);
}
