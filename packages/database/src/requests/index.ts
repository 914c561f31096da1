export { claimRequest, releaseRequestClaim, storeResponse } from './request-claims.js';
