import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newApiKey } from '@posthorn/core';

/** The files and folders of one stack, as absolute paths. */
export interface DataDirectory {
  root: string;
  logs: string;
  /** PostgreSQL's cluster, or a link to it; see postgres-home.ts. */
  postgres: string;
  redis: string;
  runtimeFile: string;
  supervisorFile: string;
}

export interface Secrets {
  adminKey: string;
  /** 32 bytes in base64. */
  encryptionKey: string;
  /** The same, for another purpose. */
  payloadKey: string;
  postgresPassword: string;
  redisPassword: string;
}

/** Creates the folder; by default a new one in the system's temporary folder. */
export function openDataDirectory(folder: string | undefined): DataDirectory {
  const root = path.resolve(folder ?? mkdtempSync(path.join(tmpdir(), 'posthorn-')));
  if (folder === undefined || !existsSync(root)) {
    mkdirSync(root, { recursive: true });
    // PostgreSQL may run as another user, who must be able to reach its cluster. The secrets have their own permissions.
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

/** Returns the secrets from the environment, else from the data directory, where they are created once. */
export function loadOrCreateSecrets({ root }: DataDirectory, env: NodeJS.ProcessEnv): Secrets {
  return {
    adminKey: env['POSTHORN_ADMIN_KEY'] ?? readOrCreate(path.join(root, 'admin-key'), newApiKey),
    encryptionKey: env['POSTHORN_ENCRYPTION_KEY'] ?? readOrCreate(path.join(root, 'encryption-key'), newKey),
    payloadKey: env['POSTHORN_PAYLOAD_KEY'] ?? readOrCreate(path.join(root, 'payload-key'), newKey),
    postgresPassword: readOrCreate(path.join(root, 'postgres-password'), newPassword),
    redisPassword: readOrCreate(path.join(root, 'redis-password'), newPassword),
  };
}

const newKey = (): string => randomBytes(32).toString('base64');

const newPassword = (): string => randomBytes(18).toString('hex');

function readOrCreate(file: string, make: () => string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const secret = make();
  // Complete, if this process is killed.
  writeFileSync(`${file}.next`, `${secret}\n`, { mode: 0o600 });
  renameSync(`${file}.next`, file);
  return secret;
}
