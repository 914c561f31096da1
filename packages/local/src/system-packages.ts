import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Returns the path of a program, if it is installed. PATH of a service or an ordinary user may lack some folders. */
export function which(program: string): string | undefined {
  const folders = [
    ...(process.env['PATH'] ?? '').split(path.delimiter),
    '/usr/bin',
    '/usr/sbin',
    '/usr/local/bin',
  ];
  return folders.map((folder) => path.join(folder, program)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Returns whether this is Debian or a derivative. */
export function isDebian(): boolean {
  try {
    const isOne = /^ID(?:_LIKE)?=.*(?:debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
    return isOne && which('apt-get') !== undefined;
  } catch {
    return false;
  }
}

/** Installs a system package; rejects when that fails. */
export async function aptInstall(name: string): Promise<void> {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 1024 * 1024 };
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', name], options);
  await install().catch(async () => {
    await run('apt-get', ['update'], options);
    await install();
  });
}
