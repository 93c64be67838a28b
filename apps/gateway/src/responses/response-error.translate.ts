import { reworded, withStatus, type ApiError, type ResponseObject } from '@local-llm-agent/contracts';

type ResponseError = NonNullable<ResponseObject['error']>;

/** Parameters of a chat under their names here; the first that fits is taken. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^max_completion_tokens$/, 'max_output_tokens'],
  [/^reasoning_effort$/, 'reasoning.effort'],
  [/^response_format\.json_schema/, 'text.format'],
  [/^response_format/, 'text.format'],
  [/^(tools\[\d+\])\.function/, '$1'],
  [/^tool_choice\.function/, 'tool_choice'],
];

/** Where the client finds what a chat calls `messages[...]...`. */
function inInput(param: string, paths: readonly string[]): string | undefined {
  const [, index, rest = ''] = /^messages\[(\d+)\](.*)$/.exec(param) ?? [];
  if (index === undefined) return param === 'messages' ? 'input' : undefined;
  const path = paths[Number(index)] ?? 'input';
  return path.startsWith('input[') ? path + rest : path;
}

/**
 * An error of the chat behind a response, in the words of the request that the client sent.
 * @param paths for each message of the chat: where it came from
 */
export function toResponsesError(error: ApiError, paths: readonly string[]): ApiError {
  const { param } = error;
  // A status by which agents know that the same request would fail again.
  if (error.code === 'context_length_exceeded' && error.status !== 400)
    return toResponsesError(withStatus(error, 400), paths);
  if (param === undefined) return error;
  const [pattern, name] = NAMES.find(([known]) => known.test(param)) ?? [];
  const here = inInput(param, paths) ?? (pattern && name ? param.replace(pattern, name) : param);
  if (here === param) return error;
  const message = error.message.replaceAll(param, here).replaceAll('the messages', 'the input');
  return reworded(error, { message, param: here });
}

/** The error inside of a response that failed. */
export function toResponseError(error: ApiError): ResponseError {
  const { code, status, message } = error;
  if (code === 'rate_limited') return { code: 'rate_limit_exceeded', message };
  return { code: status < 500 ? 'invalid_prompt' : 'server_error', message };
}
