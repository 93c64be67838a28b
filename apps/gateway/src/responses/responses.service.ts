import { randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { toApiError, type ResponseObject, type ResponseRequest } from '@local-llm-agent/contracts';
import { AccessService } from '../admission/access.service.js';
import { InferenceService, type Exchange } from '../inference/inference.service.js';
import { ResponseArchive, type ItemReference, type Reader } from './response-archive.service.js';
import { toChatPlan } from './response-chat.translate.js';
import { toResponsesError } from './response-error.translate.js';
import { ResponseState } from './response-events.state.js';
import { ResponseIds } from './response-ids.state.js';
import { checkCalls, referenceOf, toResponseItems, type PlacedItem } from './response-items.translate.js';
import { toResponseHead } from './response-object.translate.js';
import { omittedTools, toFunctionNames } from './response-tools.translate.js';
import { ResponseTranslator } from './response.translator.js';

const KEY_BYTES = 16;
/** Names the tools of a request that no model here can use. */
const OMITTED_HEADER = 'x-omitted-tools';

const unixSeconds = (): number => Math.floor(Date.now() / 1000);

function filling(length: number): string {
  return randomBytes(length).toString('base64url').slice(0, length);
}

/** Answers requests for responses: rebuilds the conversation, asks for the chat behind it, keeps what came of it. */
@Injectable()
export class ResponsesService {
  private readonly logger = new Logger(ResponsesService.name);

  constructor(
    private readonly inference: InferenceService,
    private readonly archive: ResponseArchive,
    private readonly access: AccessService,
  ) {}

  /** Answers a request that was checked, plain or streamed. */
  async create(request: ResponseRequest, exchange: Exchange): Promise<void> {
    const ids = new ResponseIds(randomBytes(KEY_BYTES).toString('hex'));
    const reader = this.access.callerOf(exchange.req);
    const before = await this.archive.conversation(request.previous_response_id, reader);
    const input = await this.inputOf(request, ids, reader);
    const conversation = [
      ...before.items.map((item): PlacedItem => ({ item, path: 'previous_response_id' })),
      ...input,
    ];
    checkCalls(conversation);
    const { chat, paths } = toChatPlan(request, conversation);
    const stored = input.map(({ item }) => item);
    const keep = (response: ResponseObject): Promise<void> =>
      this.archive.save({ response, input: stored, ancestors: before.ids }, reader);
    const storing = request.store !== false;
    if (storing) await this.archive.check(stored);

    const head = toResponseHead(request, { id: ids.response, createdAt: unixSeconds() });
    const state = new ResponseState(head, (prefix) => ids.next(prefix), toFunctionNames(request.tools));
    const omitted = omittedTools(request.tools);
    if (omitted.length > 0) exchange.res.setHeader(OMITTED_HEADER, omitted.join(', '));
    const translator = new ResponseTranslator(state, {
      paths,
      now: unixSeconds,
      keep: storing ? keep : undefined,
      filling: request.stream_options?.include_obfuscation === true ? filling : undefined,
    });
    try {
      await this.inference.translatedChat(chat, translator, exchange);
    } catch (thrown) {
      const error = toResponsesError(toApiError(thrown), paths);
      // A stream that has begun tells the client the id, so what became of the response is kept under it.
      if (storing && exchange.res.headersSent) await this.keepBroken(() => keep(state.failed(error)), ids.response);
      throw error;
    }
    // The chat resolves as well when the runtime failed in the middle of it, and when the client left.
    if (storing && state.broken) await this.keepBroken(() => keep(state.ended ?? state.cancel()), ids.response);
  }

  private async inputOf({ input }: ResponseRequest, ids: ResponseIds, reader: Reader): Promise<PlacedItem[]> {
    const references = (typeof input === 'string' ? [] : input).flatMap((item, index): ItemReference[] => {
      const id = referenceOf(item);
      return id === undefined ? [] : [{ id, path: `input[${index}].id` }];
    });
    const referred = await this.archive.items(references, reader);
    return toResponseItems(input, ids, (id) => {
      const item = referred.get(id);
      if (!item) throw new Error(`The item ${id} was not looked up.`);
      return item;
    });
  }

  /** Keeps a response that failed or was left. That it cannot be kept is for the log: its own end says enough. */
  private async keepBroken(keep: () => Promise<void>, id: string): Promise<void> {
    try {
      await keep();
    } catch (error) {
      this.logger.warn(
        `The end of ${id} could not be stored: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
