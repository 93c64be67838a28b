/** Conversations that are remembered; far more than have their beginning in a cache somewhere. */
const MOST_CONVERSATIONS = 10_000;

/** Remembers where conversations were answered last; the one that was silent the longest is forgotten first. */
export class AffinityState {
  private readonly places = new Map<string, string>();

  /** @param most how many are remembered */
  constructor(private readonly most = MOST_CONVERSATIONS) {}

  /** Id of the runtime that answered the conversation last. */
  of(conversation: string): string | undefined {
    return this.places.get(conversation);
  }

  /** Notes where it is answered now. */
  note(conversation: string, runtimeId: string): void {
    // A Map keeps the order in which keys came: taken out and put in again, this one is the newest.
    this.places.delete(conversation);
    this.places.set(conversation, runtimeId);
    if (this.places.size <= this.most) return;
    const [oldest] = this.places.keys();
    if (oldest !== undefined) this.places.delete(oldest);
  }
}
