import {
  certificateProfile,
  type ConnectionCertificates,
  groupCommit,
  type Sealer,
  type StoredCertificates,
} from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database/deliveries';
import type { ConnectionProfile } from '@posthorn/outbound';
import { LRUCache } from 'lru-cache';

type CertificateIds = Pick<LoadedDelivery['webhook'], 'clientCertificateId' | 'caCertificatesId'>;

const MAX_PROFILES = 1000;

/** The profiles of connections to webhooks with certificates. Certificates never change, so they are read only once. */
export class ConnectionProfiles {
  readonly #cache = new LRUCache<string, ConnectionProfile>({ max: MAX_PROFILES });
  readonly #read: (id: string) => Promise<StoredCertificates | undefined>;
  readonly #sealer: Sealer;

  /** @param find reads certificates, by id */
  constructor(find: (ids: string[]) => Promise<Map<string, StoredCertificates>>, sealer: Sealer) {
    this.#read = groupCommit(async (ids: string[]) => {
      const found = await find([...new Set(ids)]);
      return ids.map((id) => found.get(id));
    });
    this.#sealer = sealer;
  }

  /** Returns null for a webhook without certificates, a profile that was read before, or undefined. */
  known(webhook: CertificateIds): ConnectionProfile | null | undefined {
    const { clientCertificateId, caCertificatesId } = webhook;
    if (clientCertificateId === null && caCertificatesId === null) return null;
    return this.#cache.get(cacheKey(webhook));
  }

  /**
   * Returns the profile of a webhook with certificates, or `replaced` if others have replaced them since the webhook was read.
   * @throws Error if its private key cannot be opened
   */
  async load(webhook: CertificateIds): Promise<ConnectionProfile | 'replaced'> {
    const { clientCertificateId, caCertificatesId } = webhook;
    const [client, ca] = await Promise.all([
      this.#readOrNull(clientCertificateId),
      this.#readOrNull(caCertificatesId),
    ]);
    if (client === undefined || ca === undefined) return 'replaced';
    const certificates: ConnectionCertificates = { client, ca };
    const profile = certificateProfile(certificates, this.#sealer);
    if (!profile) throw new Error('The webhook has no certificates');
    this.#cache.set(cacheKey(webhook), profile);
    return profile;
  }

  #readOrNull(id: string | null): Promise<StoredCertificates | null | undefined> {
    return id === null ? Promise.resolve(null) : this.#read(id);
  }
}

const cacheKey = ({ clientCertificateId, caCertificatesId }: CertificateIds): string =>
  `${clientCertificateId}/${caCertificatesId}`;
