import { create } from 'zustand';
import { forBrowser, forTab } from '../storage/browser.storage';

const STORED = 'llm-agent-key';

interface KeyState {
  /** The API key that requests carry; empty without one. */
  readonly key: string;
  /** Whether it outlives the tab. */
  readonly remembered: boolean;
  /** Takes a key, for this tab or for this browser. An empty one forgets. */
  readonly setKey: (key: string, remember: boolean) => void;
}

const remembered = forBrowser.get(STORED);

/** The API key of the user. It leaves the browser only as a header of requests to this gateway. */
export const useKey = create<KeyState>((set) => ({
  key: remembered ?? forTab.get(STORED) ?? '',
  remembered: remembered !== undefined,
  setKey: (key, remember) => {
    forBrowser.remove(STORED);
    forTab.remove(STORED);
    const kept = key !== '' && (remember ? forBrowser : forTab).set(STORED, key);
    set({ key, remembered: remember && kept });
  },
}));
