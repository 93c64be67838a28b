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

/** JSON schema of a call that must be one of these functions. */
export function toCallSchema(tools: readonly Tool[]): Readonly<Record<string, unknown>> {
  const branches = tools.map(({ name, parameters }) => {
    const { $defs, definitions, ...schema } = parameters;
    return {
      defs: { ...(definitions as object | undefined), ...($defs as object | undefined) },
      schema: {
        type: 'object',
        properties: {
          name: { const: name },
          arguments: Object.keys(schema).length === 0 ? { type: 'object', properties: {} } : schema,
        },
        required: ['name', 'arguments'],
        additionalProperties: false,
      },
    };
  });
  // References point to the root of the schema, so the definitions of all tools go there.
  const defs = Object.assign({}, ...branches.map((branch) => branch.defs)) as object;
  const schemas = branches.map((branch) => branch.schema);
  const root = schemas.length === 1 ? schemas[0] : { anyOf: schemas };
  return { ...root, ...(Object.keys(defs).length === 0 ? {} : { $defs: defs }) };
}

/**
 * Where a place in a schema of {@link toCallSchema} stands in the request: `tools.properties.arguments.x` is
 * `tools[0].function.parameters.x`.
 * @param names of the tools in the request, in their order
 */
export function toolParameterPath(param: string, offered: readonly Tool[], names: readonly string[]): string {
  const place = /^tools(?:\.anyOf\[(\d+)\])?(?:\.properties\.arguments)?(?<rest>\..*)?$/.exec(param);
  if (!place) return param;
  const rest = place.groups?.['rest'] ?? '';
  const definition = /^\.\$defs\.([^.[]+)/.exec(rest)?.[1];
  const tool =
    definition === undefined
      ? offered[Number(place[1] ?? 0)]
      : offered.find(({ parameters: { $defs, definitions } }) =>
          [$defs, definitions].some((defs) => typeof defs === 'object' && defs !== null && definition in defs),
        );
  return tool ? `tools[${names.indexOf(tool.name)}].function.parameters${rest}` : param;
}
