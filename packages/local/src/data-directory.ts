import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newApiKey } from '@posthorn/core';

/** Where everything of one stack lies, as absolute paths. */
export interface DataDirectory {
  root: string;
  logs: string;
  /** PostgreSQL's cluster, or a link to it: see postgres-home.ts. */
  postgres: string;
  redis: string;
  runtimeFile: string;
  supervisorFile: string;
}

export interface Secrets {
  adminKey: string;
  /** 32 bytes in base64. */
  encryptionKey: string;
  postgresPassword: string;
}

/** Makes the folder, or a new one under the system's temporary folder when none is named. */
export function openDataDirectory(folder: string | undefined): DataDirectory {
  const root = path.resolve(folder ?? mkdtempSync(path.join(tmpdir(), 'posthorn-')));
  if (folder === undefined || !existsSync(root)) {
    mkdirSync(root, { recursive: true });
    // PostgreSQL may have to run as another user, who must get through to its own part. The secrets are closed themselves.
    chmodSync(root, 0o711);
  }
  const directory = {
    root,
    logs: path.join(root, 'logs'),
    postgres: path.join(root, 'postgres'),
    redis: path.join(root, 'redis'),
    runtimeFile: path.join(root, 'runtime.json'),
    supervisorFile: path.join(root, 'supervisor.json'),
  };
  mkdirSync(directory.logs, { recursive: true, mode: 0o700 });
  mkdirSync(directory.redis, { recursive: true, mode: 0o700 });
  return directory;
}

/** Made once for a data directory and kept in it; the environment's own come first. */
export function keptSecrets({ root }: DataDirectory, env: NodeJS.ProcessEnv): Secrets {
  return {
    adminKey: env['POSTHORN_ADMIN_KEY'] ?? kept(path.join(root, 'admin-key'), newApiKey),
    encryptionKey:
      env['POSTHORN_ENCRYPTION_KEY'] ??
      kept(path.join(root, 'encryption-key'), () => randomBytes(32).toString('base64')),
    postgresPassword: kept(path.join(root, 'postgres-password'), () => randomBytes(18).toString('hex')),
  };
}

function kept(file: string, make: () => string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const secret = make();
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}
