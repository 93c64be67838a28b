import type { ResponseFunction, ResponseObject, ResponseRequest } from '@local-llm-agent/contracts';

/** What a response says of its request, and what never changes while it is made. */
export type ResponseHead = Omit<
  ResponseObject,
  'output' | 'status' | 'error' | 'incomplete_details' | 'usage' | 'completed_at'
>;

type Tools = ResponseObject['tools'];

function toFunction({
  name,
  description,
  parameters,
  strict,
}: ResponseFunction): Extract<Tools[number], { type: 'function' }> {
  return {
    type: 'function',
    name,
    description: description ?? null,
    parameters: parameters ?? null,
    strict: strict ?? null,
  };
}

/** The tools that the model had. */
function toTools(tools: ResponseRequest['tools']): Tools {
  return (tools ?? []).flatMap((tool): Tools => {
    if (tool.type === 'function') return [toFunction(tool)];
    if (tool.type !== 'namespace') return [];
    const { type, name, description } = tool;
    return [{ type, name, description: description ?? '', tools: tool.tools.map(toFunction) }];
  });
}

function toChoice(choice: ResponseRequest['tool_choice']): ResponseObject['tool_choice'] {
  if (typeof choice !== 'object' || choice?.type !== 'allowed_tools') return choice ?? 'auto';
  const tools = choice.tools.map(({ type, name }) => ({ type, name }));
  return { type: 'allowed_tools', mode: choice.mode, tools };
}

/** What the request does not say is null in the response. */
function orNull<T>(value: T | null | undefined): T | null {
  return value ?? null;
}

/** The response to a request, before there is anything in it. Times are Unix seconds. */
export function toResponseHead(
  request: ResponseRequest,
  { id, createdAt }: { readonly id: string; readonly createdAt: number },
): ResponseHead {
  return {
    id,
    object: 'response',
    created_at: createdAt,
    background: false,
    instructions: orNull(request.instructions),
    max_output_tokens: orNull(request.max_output_tokens),
    metadata: request.metadata ?? {},
    model: request.model,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: orNull(request.previous_response_id),
    prompt_cache_key: orNull(request.prompt_cache_key),
    reasoning: { effort: orNull(request.reasoning?.effort), summary: orNull(request.reasoning?.summary) },
    safety_identifier: orNull(request.safety_identifier),
    service_tier: 'default',
    store: request.store ?? true,
    temperature: orNull(request.temperature),
    text: { format: request.text?.format ?? { type: 'text' }, verbosity: 'medium' },
    tool_choice: toChoice(request.tool_choice),
    tools: toTools(request.tools),
    top_logprobs: request.top_logprobs ?? 0,
    top_p: orNull(request.top_p),
    truncation: 'disabled',
    ...(request.user ? { user: request.user } : {}),
  };
}
