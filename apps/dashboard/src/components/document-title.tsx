import { access } from '../api/api.js';

/** Sets the document title. The portal is part of another product, so its title does not name Posthorn. */
export function DocumentTitle({ children }: { children: string }) {
  return <title>{access.kind === 'portal' ? children : `${children} · Posthorn`}</title>;
}
