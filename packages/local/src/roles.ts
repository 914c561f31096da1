export const SERVICE_ROLES = ['api', 'producer', 'worker'] as const;

/** Our own programs. */
export type ServiceRole = (typeof SERVICE_ROLES)[number];

export type ServerRole = 'postgres' | 'redis';

export type Role = ServiceRole | ServerRole;

/** As it stands in runtime.json. */
export interface RunningProcess {
  role: Role;
  pid: number;
}
