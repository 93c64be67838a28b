export * from './chat/chat-completion.js';
export * from './chat/chat-completion-request.dto.js';
export * from './engine/engine-api.js';
export * from './errors/api-error.js';
export * from './errors/error-body.parse.js';
export * from './errors/error-codes.js';
export * from './models/model-list.js';
export * from './validation/body.parse.js';
