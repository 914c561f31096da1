/** The state of a limit that a call counts toward. */
export interface RateLimit {
  /** `events`: published by the tenant; `calls`: in progress. */
  name: 'events' | 'calls';
  quota: number;
  remaining: number;
  /** When a refused call can be repeated, in seconds. */
  resetS?: number | undefined;
}

/** The unit of each quota, as parameters of its policy. */
const UNITS: Record<RateLimit['name'], string> = {
  events: 'w=1',
  calls: 'qu="concurrent-requests"',
};

/** Returns the headers of draft-ietf-httpapi-ratelimit-headers-11, names and values in turn. */
export function rateLimitHeaders({ name, quota, remaining, resetS }: RateLimit): string[] {
  const reset = resetS === undefined ? '' : `;t=${resetS}`;
  return [
    'ratelimit-policy',
    `"${name}";q=${quota};${UNITS[name]}`,
    'ratelimit',
    `"${name}";r=${remaining}${reset}`,
  ];
}
