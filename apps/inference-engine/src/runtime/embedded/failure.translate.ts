import { backendUnavailable, contextLengthExceeded, invalidRequest, type ApiError } from '@local-llm-agent/contracts';
import type { WorkFailure } from './embedded.messages.js';

/** The error of what a model process could not do. */
export function workError(model: string, failure: WorkFailure): ApiError {
  switch (failure.kind) {
    case 'contextLength':
      return contextLengthExceeded(failure.promptTokens, failure.contextLength, { param: failure.param });
    case 'invalid':
      return invalidRequest(failure.message, { param: failure.param });
    case 'messages':
      return invalidRequest(
        `The model ${model} does not take these messages: ${failure.reason}. Change their roles or their order.`,
        { param: 'messages' },
      );
    case 'busy':
      return backendUnavailable(`All ${failure.slots} slots of the model ${model} are taken. Try again.`, {
        origin: 'runtime',
        retryAfterSeconds: 1,
      });
    case 'lora':
      return backendUnavailable(
        `An adapter of the model ${model} could not be used: ${failure.reason}. Check its file, and that it was made for this model.`,
        { origin: 'runtime' },
      );
    case 'internal':
      return backendUnavailable(`The model ${model} failed while it worked. Try again; the log has the reason.`, {
        origin: 'runtime',
        cause: new Error(failure.reason),
      });
  }
}

/** The model has no process. */
export function notLoaded(model: string): ApiError {
  return backendUnavailable(`The model ${model} is not loaded. Try again.`, {
    origin: 'runtime',
    lost: 'model',
    retryAfterSeconds: 1,
  });
}

/** The process of the model went away. `how` tells the exit code or signal. */
export function processEnded(model: string, how: string): ApiError {
  return backendUnavailable(
    `The model process ended while it answered (${model}, ${how}). Try again; the model is loaded anew.`,
    { origin: 'runtime', retryAfterSeconds: 1, lost: 'model' },
  );
}

/** The model could not be brought into memory. */
export function loadFailed(model: string, reason: string): ApiError {
  return backendUnavailable(`The model ${model} could not be loaded: ${reason}. Check its file in MODELS_DIR.`, {
    origin: 'runtime',
  });
}
