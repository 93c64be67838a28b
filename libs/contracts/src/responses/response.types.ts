import type OpenAI from 'openai';
import type { HostedToolType } from './response-tools.policy.js';

/** An answer of `POST /v1/responses`, in OpenAI's type; `output_text` is made by their clients. */
export type ResponseObject = Omit<OpenAI.Responses.Response, 'output_text' | 'user'> & {
  /** Name of the end user. */
  user?: string;
  /** Whether it can be asked for again, as OpenAI says it on the wire. */
  store: boolean;
};

type OnTheWire<Event> = Event extends { response: OpenAI.Responses.Response }
  ? Omit<Event, 'response'> & { response: ResponseObject }
  : Event;

/** One event of a streamed response, in OpenAI's type. */
export type ResponseEvent = OnTheWire<OpenAI.Responses.ResponseStreamEvent>;

/** An item that an answer may have. */
export type ResponseOutput =
  | OpenAI.Responses.ResponseOutputMessage
  | OpenAI.Responses.ResponseFunctionToolCallItem
  | OpenAI.Responses.ResponseReasoningItem;

/** An item of a conversation as it is stored and listed: complete, and with an id. */
export type ResponseItem =
  ResponseOutput | OpenAI.Responses.ResponseInputMessageItem | OpenAI.Responses.ResponseFunctionToolCallOutputItem;

type Without<T, Names extends keyof T> = Omit<T, Names> & Partial<Pick<T, Names>>;

/** A part of a message that a client may send for the user or the system. */
export type ResponseInputPart =
  OpenAI.Responses.ResponseInputText | Without<OpenAI.Responses.ResponseInputImage, 'detail'>;

/** A part of an answer that a client sends back. */
export type ResponseAnswerPart =
  Without<OpenAI.Responses.ResponseOutputText, 'annotations'> | OpenAI.Responses.ResponseOutputRefusal;

interface Message<Role extends string, Part> {
  type?: 'message' | null;
  id?: string | null;
  role: Role;
  content: string | Part[];
}

/** An item that a client may send; what OpenAI's clients may leave out is optional. Anything else is refused. */
export type ResponseInputItem =
  | Message<'user' | 'system' | 'developer', ResponseInputPart>
  | Message<'assistant', ResponseAnswerPart>
  | OpenAI.Responses.ResponseFunctionToolCall
  | {
      type: 'function_call_output';
      id?: string | null;
      call_id: string;
      output: string | ResponseInputPart[];
    }
  | Without<OpenAI.Responses.ResponseReasoningItem, 'id' | 'summary'>
  | OpenAI.Responses.ResponseInputItem.ItemReference;

/** A function that the model may call; here it is flat, not nested as in a chat. */
export type ResponseFunction = Pick<OpenAI.Responses.FunctionTool, 'type' | 'name'> &
  Partial<Pick<OpenAI.Responses.FunctionTool, 'description' | 'parameters' | 'strict'>>;

/** Functions under a common name, each called by both names. */
export interface ResponseNamespace {
  type: 'namespace';
  name: string;
  description?: string | null;
  tools: ResponseFunction[];
}

/** What OpenAI's servers would do for the model. No model here does, and it is left out. */
export interface ResponseHostedTool {
  type: HostedToolType;
}

/** What a request may offer to the model. */
export type ResponseTool = ResponseFunction | ResponseNamespace | ResponseHostedTool;

/** Which tool the model calls. */
export type ResponseToolChoice =
  | OpenAI.Responses.ToolChoiceOptions
  | OpenAI.Responses.ToolChoiceFunction
  | (Omit<OpenAI.Responses.ToolChoiceAllowed, 'tools'> & { tools: OpenAI.Responses.ToolChoiceFunction[] });

/** The form of the answer. */
export type ResponseText = OpenAI.Responses.ResponseTextConfig;

/** One page of the input of a response. */
export type ResponseItemPage = Omit<OpenAI.Responses.ResponseItemList, 'data' | 'first_id' | 'last_id'> & {
  data: ResponseItem[];
  /** Null when the page is empty. */
  first_id: string | null;
  last_id: string | null;
};
