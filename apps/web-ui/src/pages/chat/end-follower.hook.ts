import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';

/** How far from the end a reader may be and still be taken along, px. */
const NEAR_PX = 120;

function isAtEnd(): boolean {
  const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
  return scrollHeight - clientHeight - scrollTop < NEAR_PX;
}

function scrollToEnd(): void {
  window.scrollTo({ top: document.documentElement.scrollHeight });
}

/** What keeps the newest in sight. */
export interface EndFollower {
  /** Goes on what grows. */
  readonly grows: RefObject<HTMLDivElement | null>;
  /** Whether the end is seen. */
  readonly atEnd: boolean;
  readonly toEnd: () => void;
}

/** Follows the end of the page while it grows, but only while the reader is there; who scrolled up is left alone. */
export function useEndFollower(): EndFollower {
  const grows = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  useEffect(() => {
    const onScroll = (): void => {
      following.current = isAtEnd();
      setAtEnd(following.current);
    };
    const onGrowth = (): void => {
      if (following.current) scrollToEnd();
      else setAtEnd(isAtEnd());
    };
    const observer = new ResizeObserver(onGrowth);
    if (grows.current) observer.observe(grows.current);
    window.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      window.removeEventListener('scroll', onScroll);
    };
  }, []);
  const toEnd = useCallback(() => {
    following.current = true;
    scrollToEnd();
  }, []);
  return { grows, atEnd, toEnd };
}
