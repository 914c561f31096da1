import { cpus, loadavg, totalmem } from 'node:os';

/** The load average of the minute before this program: the load from other programs. */
const loadBefore = Number((loadavg()[0] ?? 0).toFixed(2));

/** Describes the machine that the figures were measured on. */
export function machineInfo(): Record<string, string | number> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadBefore,
  };
}
