/** Every text inside of a JSON-like value, in a fixed order: those of its members' names too. */
export function textsIn(value: unknown): string[] {
  const texts: string[] = [];
  replaceTexts(value, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
}

/** The value with each of its texts, names of members included, as the function gives it; in the order of {@link textsIn}. */
export function replaceTexts<T>(value: T, replace: (text: string) => string): T {
  return walk(value, replace) as T;
}

function walk(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [replace(name), walk(member, replace)]));
}
