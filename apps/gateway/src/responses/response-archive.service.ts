import { Inject, Injectable } from '@nestjs/common';
import { invalidRequest, notFound, type ResponseItem, type ResponseObject } from '@local-llm-agent/contracts';
import { isResponseId, responseIdOfItem } from './response-ids.state.js';
import { RESPONSE_STORE, type ResponseStore } from './response-store.contract.js';

/** Most responses of one conversation that goes on by ids. */
const MOST_ANCESTORS = 512;

/** A response with what it answered. */
export interface StoredResponse {
  readonly response: ResponseObject;
  /** What the request itself brought, without the conversation before it. */
  readonly input: readonly ResponseItem[];
  /** Ids of the responses before it, oldest first. */
  readonly ancestors: readonly string[];
}

/** The conversation up to and with one response. */
export interface StoredConversation {
  readonly items: readonly ResponseItem[];
  /** Ids of its responses, oldest first. */
  readonly ids: readonly string[];
}

const EMPTY: StoredConversation = { items: [], ids: [] };

function parse(text: string | undefined): StoredResponse | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as StoredResponse);
}

/** Stored responses and the conversations they make. An id is the only key to them, and cannot be guessed. */
@Injectable()
export class ResponseArchive {
  constructor(@Inject(RESPONSE_STORE) private readonly store: ResponseStore) {}

  /** Rejects when input of this size could not be stored now. */
  check(input: readonly ResponseItem[]): Promise<void> {
    return this.store.check(Buffer.byteLength(JSON.stringify(input)));
  }

  /** Keeps a response. */
  save(stored: StoredResponse): Promise<void> {
    return this.store.save(stored.response.id, JSON.stringify(stored));
  }

  /** A stored response. Rejects with a 404 for an id that is unknown, deleted or expired. */
  async get(id: string): Promise<StoredResponse> {
    const found = isResponseId(id) ? await this.find(id) : undefined;
    if (!found) throw notFound(missing('response', id), { param: 'response_id' });
    return found;
  }

  /** Forgets a response. Rejects with a 404 when there is none. */
  async delete(id: string): Promise<void> {
    if (!isResponseId(id) || !(await this.store.delete(id)))
      throw notFound(missing('response', id), { param: 'response_id' });
  }

  /** The conversation that goes on after a response; empty without an id. */
  async conversation(previousId: string | null | undefined): Promise<StoredConversation> {
    if (previousId === null || previousId === undefined) return EMPTY;
    const param = 'previous_response_id';
    const last = isResponseId(previousId) ? await this.find(previousId) : undefined;
    if (!last) throw notFound(missing('previous_response_id', previousId), { param });
    const { status } = last.response;
    if (status !== 'completed' && status !== 'incomplete') {
      throw invalidRequest(
        `previous_response_id names a response that is ${status ?? 'unknown'}: there is no answer to go on from. Name the one before it.`,
        { param },
      );
    }
    if (last.ancestors.length >= MOST_ANCESTORS) {
      throw invalidRequest(
        `previous_response_id belongs to a conversation of more than ${MOST_ANCESTORS} responses. Send its history as input instead.`,
        { param },
      );
    }
    const texts = await this.store.load(last.ancestors);
    const before = last.ancestors.map((id, index) => {
      const stored = parse(texts[index]);
      if (!stored)
        throw notFound(
          `previous_response_id goes on from '${id}', which was deleted or has expired. Send the history as input instead.`,
          { param },
        );
      return stored;
    });
    return {
      items: [...before, last].flatMap(({ input, response }) => [...input, ...(response.output as ResponseItem[])]),
      ids: [...last.ancestors, previousId],
    };
  }

  /** A stored item by its id. Rejects with a 404 that blames `param`. */
  async item(id: string, param: string): Promise<ResponseItem> {
    const responseId = responseIdOfItem(id);
    const stored = responseId === undefined ? undefined : await this.find(responseId);
    const items = stored ? [...stored.input, ...(stored.response.output as ResponseItem[])] : [];
    const found = items.find((item) => item.id === id);
    if (!found) throw notFound(missing(param, id), { param });
    return found;
  }

  private async find(id: string): Promise<StoredResponse | undefined> {
    const [text] = await this.store.load([id]);
    return parse(text);
  }
}

function missing(what: string, id: string): string {
  return `${what} '${id.slice(0, 80)}' is not stored: it is unknown, was deleted, has expired, or was made with store: false.`;
}
