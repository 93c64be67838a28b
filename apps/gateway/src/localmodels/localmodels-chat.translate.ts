import {
  LOCALMODELS_DEFAULTS,
  withStatus,
  type ApiError,
  type ChatCompletionRequest,
  type LocalModelsChatRequest,
} from '@local-llm-agent/contracts';

/** The request as a canonical chat with this model. */
export function toChatRequest(request: LocalModelsChatRequest, model: string): ChatCompletionRequest {
  const { message, max_tokens: maxTokens, temperature, reasoning, stream } = request;
  return {
    model,
    messages: [{ role: 'user', content: message }],
    max_tokens: maxTokens ?? LOCALMODELS_DEFAULTS.maxTokens,
    temperature: temperature ?? LOCALMODELS_DEFAULTS.temperature,
    reasoning_effort: reasoning ?? LOCALMODELS_DEFAULTS.reasoning,
    ...(stream === true ? { stream, stream_options: { include_usage: true } } : {}),
  };
}

/** Statuses that LocalModels' clients are not told of, and those that say it to them. */
const STATUSES: Readonly<Record<number, number>> = { 404: 400, 408: 400, 413: 400, 415: 400, 429: 503, 504: 503 };

/** The error under one of the statuses that LocalModels has: 400 what the client must change, 503 what it may try again. */
export function toLocalModelsError(error: ApiError): ApiError {
  const status = STATUSES[error.status];
  return status === undefined ? error : withStatus(error, status);
}

/** What `detail` says: what is wrong with the request, or that the answer of a model failed. */
function toDetail({ status, code, message }: ApiError, model: string | undefined): string {
  return status < 500 || code === 'rate_limited' || model === undefined
    ? message
    : `Error generating response with LiteLLM model ${model}: ${message}`;
}

/** The error as LocalModels' clients expect it: `detail`, and ours beside it. */
export function toErrorBody(error: ApiError, model: string | undefined): object {
  return { detail: toDetail(error, model), ...error.toBody() };
}
