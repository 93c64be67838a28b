export * from './adapted-model.policy.js';
export * from './catalog.index.js';
export * from './catalog.load.js';
export * from './catalog.parse.js';
export type * from './catalog.types.js';
export { RUNTIME_KINDS, type RuntimeKind } from './hosts.parse.js';
export * from './settings.load.js';
export { SETTINGS, type Settings } from './settings.table.js';
