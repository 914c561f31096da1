const KEY = 'posthorn-portal';

/** Keeps the path of the portal for a reload of this page. */
export function keepPath(path: string): void {
  withStorage((storage) => storage.setItem(KEY, JSON.stringify([window.location.href, path])));
}

/** Returns the path that was kept when this page was reloaded, or null. Each is returned once. */
export function takePath(): string | null {
  const kept = withStorage((storage) => {
    const text = storage.getItem(KEY);
    storage.removeItem(KEY);
    return text;
  });
  if (!kept || !isReload()) return null;
  const [href, path]: unknown[] = JSON.parse(kept);
  return href === window.location.href && typeof path === 'string' ? path : null;
}

/** A new visit starts at the overview: the customer may be another one. */
const isReload = (): boolean => {
  const [navigation] = performance.getEntriesByType('navigation');
  return navigation instanceof PerformanceNavigationTiming && navigation.type !== 'navigate';
};

/** Browsers may deny storage. */
function withStorage<T>(use: (storage: Storage) => T): T | null {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}
