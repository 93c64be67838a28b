import type OpenAI from 'openai';

/** An answer of `POST /v1/responses`, in OpenAI's type; `output_text` is made by their clients. */
export type ResponseObject = Omit<OpenAI.Responses.Response, 'output_text'> & {
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

/** An item that a client may send; anything else is refused. */
export type ResponseInputItem =
  | OpenAI.Responses.EasyInputMessage
  | OpenAI.Responses.ResponseInputItem.Message
  | OpenAI.Responses.ResponseOutputMessage
  | OpenAI.Responses.ResponseFunctionToolCall
  | OpenAI.Responses.ResponseInputItem.FunctionCallOutput
  | OpenAI.Responses.ResponseReasoningItem
  | OpenAI.Responses.ResponseInputItem.ItemReference;

/** A function that the model may call; here it is flat, not nested as in a chat. */
export type ResponseTool = Pick<OpenAI.Responses.FunctionTool, 'type' | 'name'> &
  Partial<Pick<OpenAI.Responses.FunctionTool, 'description' | 'parameters' | 'strict'>>;

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
