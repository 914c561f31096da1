export { AUDIT_IS_DUE, closeAuditRepeats, recordRepeated } from './audit-repeats.js';
export { chainAuditEntries } from './chain-audit-entries.js';
export { dropAuditEntries } from './drop-audit-entries.js';
export { findTargetNames } from './find-target-names.js';
export { listAuditEntries, listChainedEntries } from './list-audit-entries.js';
export { type ChainPlace, type CheckStart, findBreakAt, verifyAuditChain } from './verify-audit-chain.js';
