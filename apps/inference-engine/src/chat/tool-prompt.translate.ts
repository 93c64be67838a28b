import type { PlainMessage, Tool, ToolCall } from '../runtime/runtime.contract.js';

/** Tags around a call of a tool in the text of a model, as Hermes and Qwen were trained on. */
export const TOOL_CALL_TAGS = { begin: '<tool_call>', end: '</tool_call>' } as const;

function toJson({ name, description, parameters }: Tool): string {
  return JSON.stringify({ type: 'function', function: { name, ...(description ? { description } : {}), parameters } });
}

/** What a model that was not trained on tools has to know of them. */
function instructions(tools: readonly Tool[], parallel: boolean): string {
  return [
    'You can call these functions, given as JSON schemas:',
    ...tools.map(toJson),
    '',
    `To call a function, answer with one JSON object in tags, and nothing else:`,
    `${TOOL_CALL_TAGS.begin}{"name": "the function", "arguments": {"the parameter": "its value"}}${TOOL_CALL_TAGS.end}`,
    parallel ? 'For several calls, write one such object after the other.' : 'Call one function at a time.',
    'When no function helps, answer in words.',
  ].join('\n');
}

function callText({ name, arguments: text }: ToolCall): string {
  return `${TOOL_CALL_TAGS.begin}{"name": ${JSON.stringify(name)}, "arguments": ${text === '' ? '{}' : text}}${TOOL_CALL_TAGS.end}`;
}

/** A message of a chat with tools as a model knows it that has no roles and fields for them. */
function plain(message: PlainMessage): PlainMessage {
  const { role, content, toolCalls = [], images, reasoning } = message;
  if (role === 'tool') {
    const name = message.toolName ? ` of ${message.toolName}` : '';
    return { role: 'user', content: `<tool_response>\nResult${name}:\n${content}\n</tool_response>` };
  }
  return {
    role,
    content: [content, ...toolCalls.map(callText)].filter((text) => text !== '').join('\n'),
    ...(images ? { images } : {}),
    ...(reasoning ? { reasoning } : {}),
  };
}

/** Results of several tools in a row, and whatever else would put two turns of one role after another, in one turn. */
function merged(messages: readonly PlainMessage[]): PlainMessage[] {
  const result: PlainMessage[] = [];
  for (const message of messages) {
    const last = result.at(-1);
    const responses = last?.content.endsWith('</tool_response>') && message.content.startsWith('<tool_response>');
    if (last?.role === 'user' && message.role === 'user' && responses)
      result[result.length - 1] = { ...last, content: `${last.content}\n${message.content}` };
    else result.push(message);
  }
  return result;
}

/**
 * The messages for a model whose runtime takes no tools: the functions are told in the system message, earlier calls
 * and their results become text. Without tools only the history is translated.
 */
export function toPromptedMessages(
  messages: readonly PlainMessage[],
  tools: readonly Tool[],
  parallel: boolean,
): readonly PlainMessage[] {
  const translated = merged(messages.map(plain));
  if (tools.length === 0) return translated;
  const told = instructions(tools, parallel);
  const [first, ...rest] = translated;
  return first?.role === 'system'
    ? [{ ...first, content: `${first.content}\n\n${told}` }, ...rest]
    : [{ role: 'system', content: told }, ...translated];
}

/** Whether the history of the chat has calls of tools or their results. */
export function hasToolHistory(messages: readonly PlainMessage[]): boolean {
  return messages.some(({ role, toolCalls }) => role === 'tool' || toolCalls !== undefined);
}

/** The schema with its references led to another root. */
function rerooted(schema: unknown, root: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => rerooted(item, root));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' && value.startsWith('#')
        ? root + value.slice(1)
        : rerooted(value, root),
    ]),
  );
}

/** JSON schema of a call that must be one of these functions. */
export function toCallSchema(tools: readonly Tool[]): Readonly<Record<string, unknown>> {
  const definitions: Record<string, unknown> = {};
  const calls = tools.map(({ name, parameters }, index) => {
    let schema: object = Object.keys(parameters).length === 0 ? { type: 'object', properties: {} } : parameters;
    // References point to the root of a schema, which is that of the call: such parameters become a definition of it.
    if (JSON.stringify(parameters).includes('"$ref"')) {
      const place = `#/$defs/tool${index}`;
      definitions[`tool${index}`] = rerooted(parameters, place);
      schema = { $ref: place };
    }
    return {
      type: 'object',
      properties: { name: { const: name }, arguments: schema },
      required: ['name', 'arguments'],
      additionalProperties: false,
    };
  });
  const root = calls.length === 1 ? calls[0] : { anyOf: calls };
  return { ...root, ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }) };
}

/**
 * Where a place in a schema of {@link toCallSchema} stands in the request: `tools.properties.arguments.x` is
 * `tools[0].function.parameters.x`.
 * @param names of the tools in the request, in their order
 */
export function toolParameterPath(param: string, offered: readonly Tool[], names: readonly string[]): string {
  const defined = /^tools\.\$defs\.tool(\d+)(.*)$/.exec(param);
  const inCall = /^tools(?:\.anyOf\[(\d+)\])?(?:\.properties\.arguments)?((?:\.|\[).*)?$/.exec(param);
  const [, index = '0', rest = ''] = defined ?? inCall ?? [];
  const tool = defined || inCall ? offered[Number(index)] : undefined;
  return tool ? `tools[${names.indexOf(tool.name)}].function.parameters${rest}` : param;
}
