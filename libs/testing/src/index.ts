export * from './fake-answers.js';
export * from './chat-chunks.js';
export * from './fake-engine.js';
export * from './fake-engine.answers.js';
export * from './free-port.js';
export * from './gguf-head.js';
export * from './sse.reader.js';
export { FAKE_CHARACTERS_PER_TOKEN, type FakeChat } from './fake-ollama.chat.js';
export * from './fake-ollama.js';
