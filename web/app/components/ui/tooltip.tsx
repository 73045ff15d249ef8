import { Tooltip as Radix } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { Kbd } from './kbd.tsx';

export const TooltipProvider = Radix.Provider;

/** Names a control that shows only an icon. It repeats the label for the eye, so it is not read twice. */
export function Tooltip(props: {
  text: ReactNode;
  keys?: string;
  side?: 'top' | 'bottom' | 'left' | 'right';
  /** The control has something else to say, by itself. */
  isOff?: boolean;
  children: ReactElement;
}) {
  return (
    <Radix.Root {...(props.isOff ? { open: false } : {})}>
      <Radix.Trigger asChild>{props.children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={props.side ?? 'bottom'}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex max-w-72 animate-fade-in items-center gap-2 rounded-control bg-overlay px-2 py-1 text-xs text-fg shadow-overlay"
        >
          {props.text}
          {props.keys ? <Kbd keys={props.keys} /> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
