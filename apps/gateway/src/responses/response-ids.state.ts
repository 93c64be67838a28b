const RESPONSE_ID = /^resp_[0-9a-f]{32}$/;
const ITEM_ID = /^[a-z]{2,5}_([0-9a-f]{32})[0-9a-f]{4,}$/;

/** Whether a text could be an id that this gateway gave to a response. */
export function isResponseId(id: string): boolean {
  return RESPONSE_ID.test(id);
}

/** The id of the response that an item belongs to, or undefined for an id that was not given here. */
export function responseIdOfItem(itemId: string): string | undefined {
  const [, key] = ITEM_ID.exec(itemId) ?? [];
  return key === undefined ? undefined : `resp_${key}`;
}

/**
 * The ids of one response and of its items. An item's id carries the key of its response, so that a reference to the
 * item finds it without an index.
 */
export class ResponseIds {
  readonly response: string;
  private count = 0;

  /** @param key 32 hexadecimal digits that nobody can guess */
  constructor(private readonly key: string) {
    this.response = `resp_${key}`;
  }

  /** An id for the next item, such as `msg_...`. */
  next(prefix: 'msg' | 'fc' | 'fco' | 'rs'): string {
    const place = this.count.toString(16).padStart(4, '0');
    this.count += 1;
    return `${prefix}_${this.key}${place}`;
  }
}
