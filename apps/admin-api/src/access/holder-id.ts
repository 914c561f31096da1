import { type ApiKeyKind, encodeId } from '@posthorn/core';

/** Returns the id of a key, session, portal link or person as the API shows it. */
export const encodeHolderId = ({ id, kind }: { id: string; kind: ApiKeyKind }): string =>
  encodeId(kind === 'person' ? 'person' : 'apiKey', id);
