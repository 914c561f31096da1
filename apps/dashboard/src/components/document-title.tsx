import { access } from '../api/api.js';

/** What the browser's window is called. The portal belongs to another product, and does not name ours. */
export function DocumentTitle({ children }: { children: string }) {
  return <title>{access.kind === 'portal' ? children : `${children} · Posthorn`}</title>;
}
