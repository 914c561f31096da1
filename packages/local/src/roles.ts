export const SERVICE_ROLES = ['api', 'producer', 'worker'] as const;

/** Posthorn's own processes. */
export type ServiceRole = (typeof SERVICE_ROLES)[number];

export type ServerRole = 'postgres' | 'redis';

export type Role = ServiceRole | ServerRole;

/** An entry of runtime.json. */
export interface RunningProcess {
  role: Role;
  pid: number;
}
