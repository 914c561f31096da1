import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { platform } from 'node:os';
import type { SupervisedProcess } from '@posthorn/local';
import type { StalledConnection } from '@posthorn/testkit';

/** Returns the process that a connection to a proxy belongs to. Undefined if it is none of them, or on another system than Linux. */
export function ownerOf(
  { port }: StalledConnection,
  processes: readonly SupervisedProcess[],
): SupervisedProcess | undefined {
  if (platform() !== 'linux' || port === undefined) return undefined;
  const socket = `socket:[${inodeOf(port)}]`;
  return processes.find(({ pid }) => pid !== undefined && hasOpen(pid, socket));
}

/** Returns the inode of the socket with a local port. */
function inodeOf(port: number): string | undefined {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  const columns = sockets.map((line) => line.trim().split(/\s+/));
  return columns.find(([, address]) => address?.endsWith(local))?.[9];
}

function hasOpen(pid: number, file: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((descriptor) => {
    try {
      return readlinkSync(`${folder}/${descriptor}`) === file;
    } catch {
      return false; // Closed meanwhile.
    }
  });
}
