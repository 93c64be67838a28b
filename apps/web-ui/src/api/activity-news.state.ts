import type { ActivityBucket, GatewayActivity } from '@local-llm-agent/contracts';

/** The buckets with those told later in their place. */
function joinBuckets(
  before: readonly ActivityBucket[],
  news: readonly ActivityBucket[],
  length: number,
): ActivityBucket[] {
  const first = news[0]?.from ?? '';
  return [...before.filter(({ from }) => from < first), ...news].slice(-length);
}

/**
 * The activity with what was told later. Undefined when that cannot be put together: another process answered, or what
 * was known is older than the window.
 */
export function joinActivity(before: GatewayActivity, news: Readonly<GatewayActivity>): GatewayActivity | undefined {
  const length = news.windowSeconds / news.stepSeconds;
  if (before.startedAt !== news.startedAt || before.stepSeconds !== news.stepSeconds) return undefined;
  if (news.buckets.length >= length) return news;
  const buckets = joinBuckets(before.buckets, news.buckets, length);
  return buckets.length === length ? { ...news, buckets } : undefined;
}
