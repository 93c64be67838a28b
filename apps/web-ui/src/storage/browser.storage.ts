/** Texts that the browser keeps for this page, by name. */
export interface KeptTexts {
  readonly get: (name: string) => string | undefined;
  /** Keeps a text, and says whether it did: the browser may be full, or may keep nothing at all. */
  readonly set: (name: string, text: string) => boolean;
  readonly remove: (name: string) => void;
  /** Names that begin so. */
  readonly names: (beginning: string) => readonly string[];
}

/** A browser that is told to keep nothing of a site throws at the first look. */
function tried<T>(act: () => T, otherwise: T): T {
  try {
    return act();
  } catch {
    return otherwise;
  }
}

function keptIn(storage: () => Storage): KeptTexts {
  return {
    get: (name) => tried(() => storage().getItem(name) ?? undefined, undefined),
    set: (name, text) =>
      tried(() => {
        storage().setItem(name, text);
        return true;
      }, false),
    remove: (name) => tried(() => storage().removeItem(name), undefined),
    names: (beginning) => tried(() => Object.keys(storage()).filter((name) => name.startsWith(beginning)), []),
  };
}

/** Kept for all tabs, until it is removed. The page works without: then it is as new at each visit. */
export const forBrowser = keptIn(() => localStorage);
/** Kept for this tab, over reloads. */
export const forTab = keptIn(() => sessionStorage);
