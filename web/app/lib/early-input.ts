/** What somebody did to a page that was drawn and did not listen yet. */
interface EarlyInput {
  /** Pressed: buttons, boxes. Each once, however often: who presses again is waiting. */
  pressed: Set<HTMLElement>;
  /** Fields that were written in or chosen from. */
  changed: Set<HTMLElement>;
  stop(): void;
}

declare global {
  interface Window {
    earlyInput?: EarlyInput;
  }
}

/** Runs as text in the page's head: it may use nothing from around it. */
function holdEarlyInput(): void {
  const pressed = new Set<HTMLElement>();
  const changed = new Set<HTMLElement>();
  const onClick = (event: MouseEvent): void => {
    const selector = 'button, input[type="checkbox"], input[type="radio"]';
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>(selector) : null;
    if (!target) return;
    // A form that is sent by the browser itself needs nobody to listen.
    if (target instanceof HTMLButtonElement && target.type === 'submit' && target.form?.method === 'post') return;
    event.preventDefault();
    event.stopPropagation();
    pressed.add(target);
  };
  const onInput = (event: Event): void => {
    if (event.target instanceof HTMLElement) changed.add(event.target);
  };
  // Enter in a field sends its form; by the browser, what was written would become an address.
  const onSubmit = (event: SubmitEvent): void => {
    if (event.target instanceof HTMLFormElement && event.target.method === 'post') return;
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener('click', onClick, true);
  document.addEventListener('input', onInput, true);
  document.addEventListener('submit', onSubmit, true);
  window.earlyInput = {
    pressed,
    changed,
    stop() {
      document.removeEventListener('click', onClick, true);
      document.removeEventListener('input', onInput, true);
      document.removeEventListener('submit', onSubmit, true);
    },
  };
}

/** A script for the page's head: keeps what is pressed and written before the page's own code is there. */
export const HOLD_EARLY_INPUT = `(${holdEarlyInput.toString()})()`;

/** Does what was held, now that the page listens: first what was written, then what was pressed. */
export function releaseEarlyInput(): void {
  const held = window.earlyInput;
  if (!held) return;
  delete window.earlyInput;
  held.stop();
  for (const field of held.changed) if (field.isConnected) tellChange(field);
  for (const button of held.pressed) if (button.isConnected) button.click();
}

/** React hears of a change when the value differs from the one that it knows: it took the present one for its own. */
function tellChange(field: HTMLElement): void {
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
    const written = field.value;
    field.value = '';
    const prototype = field instanceof HTMLInputElement ? HTMLInputElement.prototype : HTMLTextAreaElement.prototype;
    Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(field, written);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  } else if (field instanceof HTMLSelectElement) field.dispatchEvent(new Event('change', { bubbles: true }));
}
