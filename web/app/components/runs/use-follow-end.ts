import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import { useBrowserLayoutEffect } from '~/lib/platform.ts';

/** This close to the end counts as the end. */
const END_PX = 24;

/**
 * Keeps the end of a list in sight until somebody scrolls up, and again from when he is back at it.
 * @param sizePx how high the list is: whenever it changes, the end has moved
 * @param onPause the end is not kept in sight any more
 */
export function useFollowEnd(scroller: RefObject<HTMLElement>, sizePx: number, onPause?: () => void) {
  const [isFollowing, setFollowing] = useState(true);
  const lastTop = useRef(0);
  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [scroller]);
  useBrowserLayoutEffect(() => {
    if (isFollowing) toEnd();
  }, [sizePx, isFollowing, toEnd]);
  // A resized panel must not leave the end out of sight.
  useEffect(() => {
    const element = scroller.current;
    if (!element || !isFollowing) return;
    const observer = new ResizeObserver(toEnd);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, isFollowing, toEnd]);
  const pause = (): void => {
    setFollowing(false);
    onPause?.();
  };
  const onScroll = (): void => {
    const element = scroller.current;
    if (!element) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < END_PX;
    const isUp = element.scrollTop < lastTop.current;
    lastTop.current = element.scrollTop;
    if (isAtEnd && !isFollowing && !isUp) setFollowing(true);
    else if (!isAtEnd && isUp && isFollowing) pause();
  };
  return { isFollowing, follow: () => setFollowing(true), pause, onScroll };
}
