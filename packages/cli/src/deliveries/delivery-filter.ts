/** Selects deliveries, as the options of `deliveries list` and `deliveries tail` do. */
export interface DeliveryFilter {
  webhook?: string;
  /** Comma-separated. */
  status?: string;
  type?: string;
  tenant?: string;
}
