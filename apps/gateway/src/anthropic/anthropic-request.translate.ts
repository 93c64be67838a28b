import type {
  AnthropicBlock,
  AnthropicCountRequest,
  AnthropicDocumentBlock,
  AnthropicInputMessage,
  AnthropicMessagesRequest,
  AnthropicToolResultBlock,
  ChatCompletionRequest,
  ChatMessage,
  ImagePart,
  ReasoningEffort,
} from '@local-llm-agent/contracts';

type BlockOf<T extends AnthropicBlock['type']> = Extract<AnthropicBlock, { type: T }>;

/** What a chat needs besides its model: the same for an answer and for a count. */
type Prompt = Pick<
  ChatCompletionRequest,
  'model' | 'messages' | 'tools' | 'tool_choice' | 'parallel_tool_calls' | 'reasoning_effort' | 'response_format'
>;

/** Blocks are paragraphs of one text. */
const BETWEEN = '\n\n';
/** Budgets of thinking tokens from which an effort is medium, and high. */
const MEDIUM_BUDGET = 4096;
const HIGH_BUDGET = 16_384;

/**
 * How the block begins that Claude Code puts before its system prompt for Anthropic's accounting. It tells a model
 * nothing, and it is another one in each conversation: no prompt would begin like one that was read before.
 */
const ACCOUNTING = 'x-anthropic-billing-header:';

function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(BETWEEN);
}

function ofType<T extends AnthropicBlock['type']>(blocks: readonly AnthropicBlock[], type: T): readonly BlockOf<T>[] {
  return blocks.filter((block): block is BlockOf<T> => block.type === type);
}

function documentText({ title, context, source }: AnthropicDocumentBlock): string {
  const content = source.type === 'text' ? source.data : source.content;
  const text = typeof content === 'string' ? content : textOf(content);
  const head = title ? `<document title=${JSON.stringify(title)}>` : '<document>';
  return [head, ...(context ? [context] : []), text, '</document>'].join('\n');
}

/** Texts and documents of a content as one text. */
function textOf(blocks: readonly AnthropicBlock[]): string {
  return joined(
    blocks.flatMap((block) => {
      if (block.type === 'text') return [block.text];
      return block.type === 'document' ? [documentText(block)] : [];
    }),
  );
}

/** Images of a content, those inside of documents included. */
function imagesOf(blocks: readonly AnthropicBlock[]): readonly ImagePart[] {
  return blocks.flatMap((block): readonly ImagePart[] => {
    if (block.type === 'image') {
      const { media_type: mediaType, data } = block.source;
      return [{ type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } }];
    }
    if (block.type !== 'document' || block.source.type !== 'content') return [];
    return typeof block.source.content === 'string' ? [] : imagesOf(block.source.content);
  });
}

function resultBlocks({ content }: AnthropicToolResultBlock): readonly AnthropicBlock[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
}

/**
 * A turn of the user: results of tools first, as the calls they answer come right before, then the rest. Tool messages
 * carry text only, so that images of results are shown by the user.
 */
function userMessages(blocks: readonly AnthropicBlock[]): ChatMessage[] {
  const results = ofType(blocks, 'tool_result');
  const tools = results.map((result): ChatMessage => {
    const text = textOf(resultBlocks(result));
    return {
      role: 'tool',
      tool_call_id: result.tool_use_id,
      content: result.is_error === true ? joined(['The tool failed.', text]) : text,
    };
  });
  const text = textOf(blocks);
  const images = [...results.flatMap((result) => imagesOf(resultBlocks(result))), ...imagesOf(blocks)];
  if (text === '' && images.length === 0 && tools.length > 0) return tools;
  const content = images.length === 0 ? text : [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...images];
  return [...tools, { role: 'user', content }];
}

/** A turn of the model. What Anthropic encrypted (`redacted_thinking`) says nothing to another model and is left out. */
function assistantMessage(blocks: readonly AnthropicBlock[]): ChatMessage {
  const calls = ofType(blocks, 'tool_use').map(({ id, name, input }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: JSON.stringify(input) },
  }));
  const thoughts = joined(ofType(blocks, 'thinking').map(({ thinking }) => thinking));
  return {
    role: 'assistant',
    content: textOf(blocks),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(thoughts === '' ? {} : { reasoning_content: thoughts }),
  };
}

/** Turns of one role in a row are one turn, as at Anthropic. */
function turnsOf(messages: readonly AnthropicInputMessage[]): { role: string; blocks: readonly AnthropicBlock[] }[] {
  const turns: { role: string; blocks: readonly AnthropicBlock[] }[] = [];
  for (const { role, content } of messages) {
    const blocks: readonly AnthropicBlock[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    const last = turns.at(-1);
    if (last?.role === role) last.blocks = [...last.blocks, ...blocks];
    else turns.push({ role, blocks });
  }
  return turns;
}

function toMessages({ system, messages }: AnthropicCountRequest): ChatMessage[] {
  const told =
    typeof system === 'string' ? system : textOf((system ?? []).filter(({ text }) => !text.startsWith(ACCOUNTING)));
  const head: ChatMessage[] = told === '' ? [] : [{ role: 'system', content: told }];
  return [
    ...head,
    ...turnsOf(messages).flatMap(({ role, blocks }): ChatMessage[] => {
      if (role === 'user') return userMessages(blocks);
      return role === 'assistant' ? [assistantMessage(blocks)] : [{ role: 'system', content: textOf(blocks) }];
    }),
  ];
}

/**
 * How much the model is to think.
 * 1. `output_config.effort`, unless thinking is switched off.
 * 2. A budget, as the effort that fits.
 * 3. Adaptive thinking leaves it to the model.
 * 4. Else none: who does not ask for thinking expects an answer that begins with its text.
 */
function effortOf({ thinking, output_config: output }: AnthropicCountRequest): ReasoningEffort | undefined {
  const type = thinking?.type;
  const effort = output?.effort;
  // 1.
  if (effort && type !== 'disabled') return effort === 'max' ? 'xhigh' : (effort as ReasoningEffort);
  // 2.
  if (type === 'enabled') {
    const budget = thinking?.budget_tokens ?? 0;
    if (budget >= HIGH_BUDGET) return 'high';
    return budget >= MEDIUM_BUDGET ? 'medium' : 'low';
  }
  // 3. and 4.
  return type === 'adaptive' || type === 'between_tools' ? undefined : 'none';
}

function toToolChoice({ tool_choice: choice }: AnthropicCountRequest): Pick<Prompt, 'tool_choice'> {
  switch (choice?.type) {
    case undefined:
      return {};
    case 'any':
      return { tool_choice: 'required' };
    case 'tool':
      return { tool_choice: { type: 'function', function: { name: choice.name ?? '' } } };
    case 'auto':
    case 'none':
      return { tool_choice: choice.type };
  }
}

function toPrompt(request: AnthropicCountRequest): Prompt {
  const { model, tools, tool_choice: choice } = request;
  const effort = effortOf(request);
  const format = request.output_config?.format ?? request.output_format;
  return {
    model,
    messages: toMessages(request),
    ...(tools && tools.length > 0
      ? {
          tools: tools.map(({ name, description, input_schema: parameters, strict }) => ({
            type: 'function' as const,
            function: { name, description: description ?? null, parameters, strict: strict ?? null },
          })),
          ...toToolChoice(request),
        }
      : {}),
    ...(choice?.disable_parallel_tool_use === true ? { parallel_tool_calls: false } : {}),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(format
      ? { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: format.schema } } }
      : {}),
  };
}

/** The request as a canonical chat. A stream is asked for the tokens of its prompt, which `message_start` tells. */
export function toChatRequest(request: AnthropicMessagesRequest): ChatCompletionRequest {
  const { max_tokens, temperature, top_p, top_k, stop_sequences: stop, stream } = request;
  return {
    ...toPrompt(request),
    max_tokens,
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof top_p === 'number' ? { top_p } : {}),
    ...(typeof top_k === 'number' ? { top_k } : {}),
    ...(stop && stop.length > 0 ? { stop, include_stop_reason: true } : {}),
    ...(stream === true ? { stream, stream_options: { include_usage: true, include_prompt_usage: true } } : {}),
  };
}

/** The request as a canonical chat whose tokens are to be counted. */
export function toCountedChat(request: AnthropicCountRequest): ChatCompletionRequest {
  return toPrompt(request);
}

/** Whether the client wants to see what the model thinks. */
export function showsThinking({ thinking }: AnthropicMessagesRequest): boolean {
  return ['enabled', 'adaptive', 'between_tools'].includes(thinking?.type ?? '') && thinking?.display !== 'omitted';
}
