import { create } from 'zustand';

const STORED = 'llm-agent-key';

interface KeyState {
  /** The API key that requests carry; empty without one. */
  readonly key: string;
  /** Whether it outlives the tab. */
  readonly remembered: boolean;
  /** Takes a key, for this tab or for this browser. An empty one forgets. */
  readonly setKey: (key: string, remember: boolean) => void;
}

const remembered = localStorage.getItem(STORED);

/** The API key of the user. It leaves the browser only as a header of requests to this gateway. */
export const useKey = create<KeyState>((set) => ({
  key: remembered ?? sessionStorage.getItem(STORED) ?? '',
  remembered: remembered !== null,
  setKey: (key, remember) => {
    localStorage.removeItem(STORED);
    sessionStorage.removeItem(STORED);
    if (key !== '') (remember ? localStorage : sessionStorage).setItem(STORED, key);
    set({ key, remembered: remember && key !== '' });
  },
}));
