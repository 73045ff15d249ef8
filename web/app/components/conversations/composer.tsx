import { ArrowUp } from 'lucide-react';
import { useRef } from 'react';
import { useBrowserLayoutEffect } from '~/lib/platform.ts';
import { MAX_MESSAGE_CHARS } from '#contract/limits.ts';
import { useDraft } from '~/lib/use-draft.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { IconButton } from '../ui/button.tsx';
import { Kbd } from '../ui/kbd.tsx';

const MAX_HEIGHT_PX = 220;

interface ComposerProps {
  conversationId: string;
  onSend(text: string): void;
}

/** Where one says what is to be done. It grows with the text; what was not sent is still there after a reload. */
export function Composer({ conversationId, onSend }: ComposerProps) {
  const [text, setText] = useDraft(`chat ${conversationId}`);
  const refusal = useRefusal('CONVERSATION_WRITE');
  const field = useRef<HTMLTextAreaElement>(null);
  useBrowserLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight, MAX_HEIGHT_PX)}px`;
  }, [text]);
  const send = (): void => {
    if (text.trim() === '') return;
    onSend(text.trim());
    setText('');
    field.current?.focus();
  };
  return (
    <form
      className="shrink-0 border-t border-line p-3"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="flex flex-col rounded-box border border-field bg-raised focus-within:border-transparent focus-within:outline-2 focus-within:outline-focus">
        <textarea
          ref={field}
          rows={2}
          value={text}
          maxLength={MAX_MESSAGE_CHARS}
          aria-label="Message to the orchestrator"
          placeholder={refusal ?? 'What should be done?'}
          disabled={refusal !== undefined}
          title={refusal}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey) || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
          className="max-h-55 resize-none bg-transparent px-3 pt-2.5 outline-none placeholder:text-faint"
        />
        <div className="flex items-center justify-end gap-2 px-2 pb-2 pt-1">
          <span className="text-xs text-faint pointer-coarse:hidden">
            <Kbd keys="mod+enter" /> to send
          </span>
          <IconButton
            type="submit"
            label="Send"
            variant="primary"
            size="sm"
            disabled={text.trim() === '' || refusal !== undefined}
          >
            <ArrowUp aria-hidden className="size-4" />
          </IconButton>
        </div>
      </div>
    </form>
  );
}
