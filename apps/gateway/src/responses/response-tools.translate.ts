import { joinedName, type FunctionTool, type ResponseFunction, type ResponseTool } from '@local-llm-agent/contracts';

/** A function as a client names it. */
export interface FunctionName {
  readonly name: string;
  readonly namespace?: string;
}

type Tools = readonly ResponseTool[] | null | undefined;

interface Offered extends FunctionName {
  readonly tool: ResponseFunction;
}

function functionsOf(tools: Tools): readonly Offered[] {
  return (tools ?? []).flatMap((tool): readonly Offered[] => {
    if (tool.type === 'function') return [{ name: tool.name, tool }];
    if (tool.type !== 'namespace') return [];
    return tool.tools.map((inner) => ({ name: inner.name, namespace: tool.name, tool: inner }));
  });
}

/** The functions as those of a chat, where a namespace is a part of the name. */
export function toChatTools(tools: Tools): FunctionTool[] {
  return functionsOf(tools).map(({ name, namespace, tool: { description, parameters, strict } }) => ({
    type: 'function',
    function: {
      name: joinedName(namespace, name),
      ...(description ? { description } : {}),
      ...(parameters ? { parameters } : {}),
      ...(strict === undefined ? {} : { strict }),
    },
  }));
}

/** How the client names a function that a chat calls; a name that was not offered stays as it is. */
export function toFunctionNames(tools: Tools): (called: string) => FunctionName {
  const names = new Map(
    functionsOf(tools).map(({ name, namespace }) => [
      joinedName(namespace, name),
      namespace === undefined ? { name } : { name, namespace },
    ]),
  );
  return (called) => names.get(called) ?? { name: called };
}

/** The types of the tools that are left out. */
export function omittedTools(tools: Tools): readonly string[] {
  return (tools ?? []).flatMap(({ type }) => (type === 'function' || type === 'namespace' ? [] : [type]));
}
