/** Letters of a message that tell one conversation from another. */
const LONGEST_PART = 2000;

/**
 * What the turns of one conversation have in common: the messages up to the first one that the user wrote. Two that
 * begin alike have the same cache, so it does no harm to take them for one.
 */
export function beginningOf(messages: readonly { readonly role: string; readonly content?: unknown }[]): string {
  const first = messages.findIndex(({ role }) => role === 'user');
  return messages
    .slice(0, first + 1)
    .map(({ role, content }) => `${role}: ${JSON.stringify(content ?? '').slice(0, LONGEST_PART)}`)
    .join('\n');
}
