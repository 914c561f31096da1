const KEY = 'posthorn-portal';

/** Keeps the path of the portal for a reload of this page. */
export function keepPath(path: string): void {
  withStorage((storage) => storage.setItem(KEY, JSON.stringify([window.location.href, path])));
}

/** Returns the path that was kept when this page was reloaded, or null. Each is returned once. */
export function takePath(): string | null {
  const kept = withStorage((storage): unknown => {
    const text = storage.getItem(KEY);
    storage.removeItem(KEY);
    return text && JSON.parse(text);
  });
  if (!Array.isArray(kept) || !isReload()) return null;
  const [href, path]: unknown[] = kept;
  return href === window.location.href && isPortalPath(path) ? path : null;
}

/** Returns whether a value is the path of a page of the portal, also after its dots are resolved. */
export const isPortalPath = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.startsWith('/portal') &&
  /^\/portal(?:\/|$)/.test(new URL(value, window.location.origin).pathname);

/** A new visit starts at the overview: the customer may be another one. */
const isReload = (): boolean => {
  const [navigation] = performance.getEntriesByType('navigation');
  return navigation instanceof PerformanceNavigationTiming && navigation.type !== 'navigate';
};

/** Browsers may deny storage, and its content may be damaged. */
function withStorage<T>(use: (storage: Storage) => T): T | null {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}
