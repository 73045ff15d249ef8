import { useState } from 'react';
import { whyTooLong } from '../repositories/typed-path.ts';
import { usePathCheck } from '../repositories/use-path-check.ts';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogActions } from '../ui/dialog.tsx';
import { Field, Input } from '../ui/field.tsx';

/** For a repository that the search did not come across: its path is looked at while it is typed. */
export function AddPathDialog({
  runnerId,
  onClose,
  onFound,
}: {
  runnerId: string;
  onClose(): void;
  onFound(path: string): void;
}) {
  const [text, setText] = useState('');
  const path = text.trim();
  const isAbsolute = path.startsWith('/');
  const tooLong = whyTooLong(path);
  const check = usePathCheck(isAbsolute && tooLong === null ? path : null, [runnerId]);
  const hint =
    path === ''
      ? 'An absolute path on its machine.'
      : !isAbsolute
        ? 'It starts with a slash.'
        : (check?.message ?? 'Looking …');
  return (
    <Dialog isOpen onOpenChange={(isOpen) => (isOpen ? undefined : onClose())} title="Look at a path">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (check?.isUsable && check.root !== null) onFound(check.root);
        }}
      >
        <Field label="Path" hint={hint} error={tooLong ?? (check && !check.isUsable ? check.message : null)}>
          <Input
            autoFocus
            value={text}
            spellCheck={false}
            autoComplete="off"
            placeholder="/home/me/code/shop"
            className="font-mono text-dense"
            onChange={(event) => setText(event.target.value)}
          />
        </Field>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={!check?.isUsable}>
            Grant it …
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
