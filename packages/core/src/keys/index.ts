export { readAuthorityCertificates, readCertificates } from './certificates.js';
export { ownEd25519KeyPair } from './own-ed25519.js';
export { readPrivateKey } from './private-key.js';
export { isBoundedJwk } from './public-key.js';
