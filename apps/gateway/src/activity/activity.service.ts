import type { ActivityTerms, GatewayActivity } from '@local-llm-agent/contracts';
import { ActivityWindow, type EndedRequest } from './activity-window.state.js';

/** What this process did in the last half hour, kept in memory. */
export class ActivityService {
  private readonly window = new ActivityWindow();
  private readonly startedAt = new Date().toISOString();

  /** Counts a request that is over. */
  add(request: EndedRequest): void {
    this.window.add(request);
  }

  /** What it did. */
  read(terms: ActivityTerms): GatewayActivity {
    const now = Date.now();
    return {
      time: new Date(now).toISOString(),
      startedAt: this.startedAt,
      windowSeconds: terms.seconds,
      stepSeconds: terms.step,
      ...this.window.read(terms, now),
    };
  }
}
