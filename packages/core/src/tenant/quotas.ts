/** The resources of a tenant that are counted. */
const COUNTED_RESOURCES = ['webhooks', 'apiKeys', 'portalLinks'] as const;

export type CountedResource = (typeof COUNTED_RESOURCES)[number];

/** The number of a tenant's webhooks, active API keys and valid portal links. */
export type ResourceCounts = Record<CountedResource, number>;

/** The quotas of one tenant's events. */
export interface EventQuotas {
  /** Null for no limit. */
  eventsPerSecond: number | null;
  /** The size of one event, as the JSON body sent to receivers, in bytes. */
  eventBytes: number;
}

/** The quotas that apply to a tenant. */
export type Quotas = ResourceCounts & EventQuotas;

/** The quotas set for one tenant. Null: the default of the installation applies. */
export type TenantQuotas = Record<keyof Quotas, number | null>;

/** Returns the quotas that apply to a tenant. */
export function effectiveQuotas(own: TenantQuotas, defaults: Quotas): Quotas {
  return {
    webhooks: own.webhooks ?? defaults.webhooks,
    apiKeys: own.apiKeys ?? defaults.apiKeys,
    portalLinks: own.portalLinks ?? defaults.portalLinks,
    ...effectiveEventQuotas(own, defaults),
  };
}

/** Returns the quotas that apply to the events of a tenant. */
export function effectiveEventQuotas(
  own: Pick<TenantQuotas, keyof EventQuotas>,
  defaults: EventQuotas,
): EventQuotas {
  return {
    eventsPerSecond: own.eventsPerSecond ?? defaults.eventsPerSecond,
    eventBytes: own.eventBytes ?? defaults.eventBytes,
  };
}
