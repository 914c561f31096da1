export { type Call, type CallOptions, etagOf, type List } from './calls.js';
export { type FieldError, PosthornError, type PosthornErrorCode, type Problem } from './error.js';
export type { Feed, FeedEntry, FeedInput, FeedOptions } from './feed.js';
export type { components, paths } from './generated/api.js';
export type { Listing, Page } from './listing.js';
export { Posthorn, type PosthornOptions } from './posthorn.js';
export type { ExportedRecord, ExportInput, ExportOptions, TenantExport } from './tenant-export.js';
