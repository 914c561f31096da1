/** What makes the TLS handshakes of a hostile receiver cost much. */
export const HOSTILE_KINDS = [
  'unusual curve',
  'name constraints',
  'long exponents',
  '60 certificates',
  'renegotiation',
  '1 byte a second',
] as const;
export type HostileKind = (typeof HOSTILE_KINDS)[number];

/** The message of the hostile receivers when all kinds listen. */
export interface HostileReceivers {
  ports: Record<HostileKind, number>;
  /** The authority of their certificates, in PEM. */
  ca: string;
}
