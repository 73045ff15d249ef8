/** Keys stand out from what they say; the rest is text. */
const KEY = /^(\s*(?:- )?)([\w.-]+)(:)(.*)$/;
const JSON_KEY = /^(\s*)("[^"]+")(:)(.*)$/;

/** The document with numbered lines. */
export function StateText({ text, format }: { text: string; format: 'YAML' | 'JSON' }) {
  const pattern = format === 'YAML' ? KEY : JSON_KEY;
  return (
    <div
      role="region"
      aria-label="State document"
      // A scroll area must be reachable by keyboard.
      tabIndex={0}
      className="min-h-0 flex-1 overflow-auto overscroll-contain py-4 font-mono text-xs leading-5 focus-visible:-outline-offset-2"
    >
      <ol>
        {text
          .replace(/\n$/, '')
          .split('\n')
          .map((line, i) => {
            const [, indent = '', key = '', colon = '', rest = ''] = pattern.exec(line) ?? [];
            return (
              <li key={i} className="flex px-4 sm:px-6">
                <span aria-hidden className="tabular w-9 shrink-0 select-none pr-4 text-right text-faint">
                  {i + 1}
                </span>
                <span className="min-w-0 whitespace-pre-wrap wrap-anywhere">
                  {key ? (
                    <>
                      {indent}
                      <span className="text-ansi-blue">{key}</span>
                      <span className="text-faint">{colon}</span>
                      {rest}
                    </>
                  ) : (
                    line || ' '
                  )}
                </span>
              </li>
            );
          })}
      </ol>
    </div>
  );
}
