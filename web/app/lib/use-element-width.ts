import { useEffect, useRef, useState, type RefObject } from 'react';

/** The width of an element as it changes; null before it is known. */
export function useElementWidth<E extends HTMLElement>(): [RefObject<E>, number | null] {
  const ref = useRef<E>(null);
  const [width, setWidth] = useState<number | null>(null);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.round(entry.contentRect.width)));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}
