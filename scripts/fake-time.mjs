// Lets this process' children, and all processes that they start, live at another time.
import { existsSync } from 'node:fs';

/** Returns where Debian has libfaketime for programs with threads. */
const LIBRARY = [
  `/usr/lib/${{ x64: 'x86_64', arm64: 'aarch64' }[process.arch]}-linux-gnu/faketime/libfaketimeMT.so.1`,
];

/**
 * Sets the variables with which libfaketime adds one offset to the clocks of all processes that are started from here, other than monotonic
 * ones, so that it is `time` now. Installs it as root on Debian if it is missing. Requires a build.
 */
export async function useFakeTime(time) {
  const atMs = Date.parse(/Z$|[+-]\d\d:\d\d$/.test(time) ? time : `${time}Z`);
  if (Number.isNaN(atMs)) throw new Error(`--at=${time} is not a time such as 2027-12-31T23:59:20`);
  process.env.LD_PRELOAD = await findLibrary();
  process.env.FAKETIME = `${((atMs - Date.now()) / 1000).toFixed(3)}s`.replace(/^(?=\d)/, '+');
  process.env.FAKETIME_DONT_FAKE_MONOTONIC = '1';
}

const found = () => LIBRARY.find((file) => existsSync(file));

async function findLibrary() {
  if (found() === undefined) {
    const { aptInstall } = await import('@posthorn/local');
    await aptInstall('libfaketime');
  }
  return found();
}
