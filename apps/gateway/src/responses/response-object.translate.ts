import type { ResponseObject, ResponseRequest } from '@local-llm-agent/contracts';

/** What a response says of its request, and what never changes while it is made. */
export type ResponseHead = Omit<
  ResponseObject,
  'output' | 'status' | 'error' | 'incomplete_details' | 'usage' | 'completed_at'
>;

type Tools = ResponseObject['tools'];

function toTools(tools: ResponseRequest['tools']): Tools {
  return (tools ?? []).map(({ name, description, parameters, strict }) => ({
    type: 'function',
    name,
    description: description ?? null,
    parameters: parameters ?? null,
    strict: strict ?? null,
  }));
}

/** The response to a request, before there is anything in it. Times are Unix seconds. */
export function toResponseHead(
  request: ResponseRequest,
  { id, createdAt }: { readonly id: string; readonly createdAt: number },
): ResponseHead {
  const { user, tool_choice: choice } = request;
  return {
    id,
    object: 'response',
    created_at: createdAt,
    background: false,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    metadata: request.metadata ?? {},
    model: request.model,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: { effort: request.reasoning?.effort ?? null, summary: request.reasoning?.summary ?? null },
    safety_identifier: request.safety_identifier ?? null,
    service_tier: 'default',
    store: request.store ?? true,
    temperature: request.temperature ?? null,
    text: { format: request.text?.format ?? { type: 'text' }, verbosity: 'medium' },
    tool_choice:
      typeof choice === 'object' && choice?.type === 'allowed_tools' ? toAllowed(choice) : (choice ?? 'auto'),
    tools: toTools(request.tools),
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? null,
    truncation: 'disabled',
    ...(user ? { user } : {}),
  };
}

type Allowed = Extract<NonNullable<ResponseRequest['tool_choice']>, { type: 'allowed_tools' }>;

function toAllowed({ mode, tools }: Allowed): ResponseObject['tool_choice'] {
  return { type: 'allowed_tools', mode, tools: tools.map(({ type, name }) => ({ type, name })) };
}
