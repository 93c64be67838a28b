import { z } from 'zod';
import { ApiError, relocated } from '@local-llm-agent/contracts';
import type { Wish } from '../../admission/wish.types.js';
import type { Ask } from '../../inference/ask.types.js';
import { parseArguments } from './arguments.parse.js';

/** Tells how far a call has come: steps done, steps in all (both may be estimates), and what happens now. */
export type Report = (done: number, total: number, message: string) => void;

/** What a tool works with. */
export interface ToolWork {
  readonly ask: Ask;
  readonly report: Report;
  /** Tokens of context that a model is served with. */
  readonly contextLength: (model: string) => Promise<number>;
}

/** Texts of a tool that clients show. */
export interface ToolTexts {
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

/** The result of a tool: an object that fits its output schema. */
export type ToolResult = Record<string, unknown>;

/** One call with good arguments. */
export interface ToolCall {
  /** What it will take, as far as it can be told before. */
  readonly wish: Wish;
  run(work: ToolWork): Promise<ToolResult>;
}

/** A tool as both transports see it. */
export interface Tool extends ToolTexts {
  readonly version: string;
  /** JSON schemas. */
  readonly input: ToolResult;
  readonly output: ToolResult;
  /** Checks arguments. Throws a 400 that names the path of the bad one. */
  prepare(values: unknown): ToolCall;
}

interface Definition<I extends z.ZodObject, O extends z.ZodObject> extends ToolTexts {
  readonly input: I;
  readonly output: O;
  readonly wish: (values: z.infer<I>) => Wish;
  /** The argument that the prompt is made of; `text` unless given. */
  readonly promptOf?: (values: z.infer<I>) => string;
  readonly run: (values: z.infer<I>, work: ToolWork) => Promise<z.infer<O>>;
}

function toJsonSchema(schema: z.ZodObject, io: 'input' | 'output'): ToolResult {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io });
  return rest;
}

/** An error about the messages of our question, as one about the argument that they were made of. */
function aboutArgument(thrown: unknown, argument: string): unknown {
  return thrown instanceof ApiError && thrown.param === 'messages' ? relocated(thrown, argument) : thrown;
}

/** A tool from one declaration: its zod schemas give types, checks and JSON schemas. */
export function defineTool<I extends z.ZodObject, O extends z.ZodObject>(definition: Definition<I, O>): Tool {
  const { name, title, description, input, output } = definition;
  return {
    name,
    title,
    description,
    version: '1.0.0',
    input: toJsonSchema(input, 'input'),
    output: toJsonSchema(output, 'output'),
    prepare: (values) => {
      const checked = parseArguments(input, values);
      const prompt = definition.promptOf?.(checked) ?? 'text';
      return {
        wish: definition.wish(checked),
        run: (work) =>
          definition.run(checked, work).catch((thrown: unknown) => {
            throw aboutArgument(thrown, prompt);
          }),
      };
    },
  };
}

/** The parameter `model` of every tool. */
export const MODEL = z
  .string()
  .min(1)
  .max(256)
  .default('auto')
  .describe('Id or alias of a model, or auto, small, main');
