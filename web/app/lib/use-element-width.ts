import { useEffect, useState } from 'react';

/** The width of an element as it changes; null while it is not on the page. The first of the pair goes to its `ref`. */
export function useElementWidth<E extends HTMLElement>(): [(element: E | null) => void, number | null] {
  const [element, setElement] = useState<E | null>(null);
  const [width, setWidth] = useState<number | null>(null);
  useEffect(() => {
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.round(entry.contentRect.width)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      setWidth(null);
    };
  }, [element]);
  return [setElement, width];
}
