/** The script of the page, by its address: its name carries a hash of what is in it. */
function scriptOf(page: Document): string | null {
  return page.querySelector('script[type="module"]')?.getAttribute('src') ?? null;
}

/** Whether the gateway has another page than this one by now; false where it does not answer. */
export async function isReplaced(): Promise<boolean> {
  try {
    const response = await fetch('/', { headers: { accept: 'text/html' }, credentials: 'omit', cache: 'no-store' });
    if (!response.ok) return false;
    const now = scriptOf(new DOMParser().parseFromString(await response.text(), 'text/html'));
    return now !== null && now !== scriptOf(document);
  } catch {
    return false;
  }
}
