export * from './fake-engine.js';
export * from './sse.reader.js';
