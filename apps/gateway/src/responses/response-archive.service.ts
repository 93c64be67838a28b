import { Inject, Injectable } from '@nestjs/common';
import { invalidRequest, notFound, type ResponseItem, type ResponseObject } from '@local-llm-agent/contracts';
import type { Caller } from '../admission/caller.types.js';
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
  /** Id of the key that it was made with; not there when it was made without one. */
  readonly owner?: string;
}

/** Who asks for what is stored. */
export type Reader = Pick<Caller, 'keyId'>;

/** The conversation up to and with one response. */
export interface StoredConversation {
  readonly items: readonly ResponseItem[];
  /** Ids of its responses, oldest first. */
  readonly ids: readonly string[];
}

/** A reference to a stored item, and the path at which it stands in the request. */
export interface ItemReference {
  readonly id: string;
  readonly path: string;
}

const EMPTY: StoredConversation = { items: [], ids: [] };

/** All items of a stored response, in their order. */
function itemsOf(stored: StoredResponse): ResponseItem[] {
  return [...stored.input, ...(stored.response.output as ResponseItem[])];
}

function parse(text: string | undefined): StoredResponse | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as StoredResponse);
}

/**
 * Whether the response is there for who asks: what was made with a key is there for that key alone, and for everybody
 * once no key is asked for any more. Of what was made without a key the id is the only key, and cannot be guessed.
 */
function isFor({ keyId }: Reader, { owner }: StoredResponse): boolean {
  return owner === undefined || keyId === undefined || keyId === owner;
}

/** Stored responses and the conversations they make. Those of another key are not there. */
@Injectable()
export class ResponseArchive {
  constructor(@Inject(RESPONSE_STORE) private readonly store: ResponseStore) {}

  /** Rejects when input of this size could not be stored now. */
  check(input: readonly ResponseItem[]): Promise<void> {
    return this.store.check(Buffer.byteLength(JSON.stringify(input)));
  }

  /** Keeps a response for who made it. */
  save(stored: Omit<StoredResponse, 'owner'>, { keyId }: Reader): Promise<void> {
    const owned: StoredResponse = keyId === undefined ? stored : { ...stored, owner: keyId };
    return this.store.save(stored.response.id, JSON.stringify(owned));
  }

  /** A stored response. Rejects with a 404 for an id that is unknown, deleted or expired. */
  async get(id: string, reader: Reader): Promise<StoredResponse> {
    const found = await this.find(id, reader);
    if (!found) throw notFound(missing('response', id), { param: 'response_id' });
    return found;
  }

  /** Forgets a response. Rejects with a 404 when there is none. */
  async delete(id: string, reader: Reader): Promise<void> {
    await this.get(id, reader);
    if (!(await this.store.delete(id))) throw notFound(missing('response', id), { param: 'response_id' });
  }

  /** The conversation that goes on after a response; empty without an id. */
  async conversation(previousId: string | null | undefined, reader: Reader): Promise<StoredConversation> {
    if (previousId === null || previousId === undefined) return EMPTY;
    const param = 'previous_response_id';
    const last = await this.find(previousId, reader);
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
      if (!stored || !isFor(reader, stored))
        throw notFound(
          `previous_response_id goes on from '${id}', which was deleted or has expired. Send the history as input instead.`,
          { param },
        );
      return stored;
    });
    return {
      items: [...before, last].flatMap(itemsOf),
      ids: [...last.ancestors, previousId],
    };
  }

  /** The stored items of these ids. Rejects with a 404 that blames the place of the first that is not stored. */
  async items(wanted: readonly ItemReference[], reader: Reader): Promise<ReadonlyMap<string, ResponseItem>> {
    const homes = [...new Set(wanted.flatMap(({ id }) => responseIdOfItem(id) ?? []))];
    if (homes.length > MOST_ANCESTORS) {
      throw invalidRequest(
        `input refers to items of more than ${MOST_ANCESTORS} responses. Send the items themselves instead.`,
        { param: 'input' },
      );
    }
    const stored = (await this.store.load(homes)).flatMap((text) => {
      const response = parse(text);
      return response && isFor(reader, response) ? itemsOf(response) : [];
    });
    const items = new Map(stored.map((item) => [item.id, item]));
    const missed = wanted.find(({ id }) => !items.has(id));
    if (missed) throw notFound(missing(missed.path, missed.id), { param: missed.path });
    return items;
  }

  private async find(id: string, reader: Reader): Promise<StoredResponse | undefined> {
    if (!isResponseId(id)) return undefined;
    const [text] = await this.store.load([id]);
    const stored = parse(text);
    return stored && isFor(reader, stored) ? stored : undefined;
  }
}

function missing(what: string, id: string): string {
  return `${what} '${id.slice(0, 80)}' is not stored: it is unknown, was deleted, has expired, or was made with store: false.`;
}
