import type { CallToolResult, Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import type { ApiError } from '@local-llm-agent/contracts';
import type { Tool, ToolResult } from './tools/tool.types.js';

/** Where the whole error stands in a result; clients that do not know it see the message. */
const ERROR_META = 'local-llm-agent/error';

/** A tool in the words of MCP. */
export function toListedTool({ name, title, description, input, output }: Tool): ListedTool {
  return {
    name,
    title,
    description,
    inputSchema: input as ListedTool['inputSchema'],
    outputSchema: output as ListedTool['outputSchema'],
    annotations: { title, readOnlyHint: true, openWorldHint: false },
  };
}

/** A tool in the words of `GET /mcp/tools`. */
export function toRestTool({ name, description, version, input }: Tool): {
  name: string;
  description: string;
  version: string;
  parameters: ToolResult;
} {
  return { name, description, version, parameters: input };
}

/** The result for programs, and as text for models. */
export function toCallResult(result: ToolResult): CallToolResult {
  return { structuredContent: result, content: [{ type: 'text', text: JSON.stringify(result) }] };
}

/** An error that the model which called the tool can read and act upon. */
export function toErrorResult(error: ApiError): CallToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text: error.message }],
    _meta: { [ERROR_META]: { ...error.toBody().error, status: error.status } },
  };
}
