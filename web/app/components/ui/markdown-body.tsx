import type { ReactNode } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';

const ALLOWED = [
  'p',
  'strong',
  'em',
  'del',
  'code',
  'pre',
  'ul',
  'ol',
  'li',
  'blockquote',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'a',
  'hr',
  'br',
];

const Heading = ({ children }: { children?: ReactNode }) => <p className="mt-3 font-semibold first:mt-0">{children}</p>;

// In a document headings are headings, one level below the page's own.
const DOCUMENT_HEADINGS: Components = {
  h1: ({ children }) => <h2 className="mb-2 mt-6 text-lg font-semibold first:mt-0">{children}</h2>,
  h2: ({ children }) => <h3 className="mb-1 mt-5 text-base font-semibold first:mt-0">{children}</h3>,
  h3: ({ children }) => <h4 className="mt-4 text-dense font-semibold first:mt-0">{children}</h4>,
};

const COMPONENTS: Components = {
  p: ({ children }) => <p className="title-wrap mt-2 whitespace-pre-wrap first:mt-0">{children}</p>,
  h1: Heading,
  h2: Heading,
  h3: Heading,
  h4: Heading,
  h5: Heading,
  h6: Heading,
  ul: ({ children }) => <ul className="mt-2 list-disc pl-5 first:mt-0">{children}</ul>,
  ol: ({ children }) => <ol className="mt-2 list-decimal pl-5 first:mt-0">{children}</ol>,
  blockquote: ({ children }) => (
    <blockquote className="mt-2 border-l-2 border-line-strong pl-3 text-muted">{children}</blockquote>
  ),
  pre: ({ children }) => (
    <pre className="mt-2 overflow-x-auto rounded-control bg-sunken p-2.5 font-mono text-xs [&_code]:bg-transparent [&_code]:p-0">
      {children}
    </pre>
  ),
  code: ({ children }) => <code className="rounded-sm bg-active px-1 py-px font-mono text-[0.92em]">{children}</code>,
  hr: () => <hr className="my-3 border-line" />,
  // A link says where it leads: its words are somebody else's.
  a: ({ href, children }) =>
    href && /^https?:\/\//i.test(href) ? (
      <a
        href={href}
        title={href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        className="text-accent-text underline underline-offset-2"
      >
        {children}
      </a>
    ) : (
      <span>{children}</span>
    ),
};

/** Markdown without raw HTML, images or anything that loads from elsewhere. */
export default function MarkdownBody({ text, isDocument = false }: { text: string; isDocument?: boolean }) {
  return (
    <ReactMarkdown
      allowedElements={ALLOWED}
      unwrapDisallowed
      skipHtml
      components={isDocument ? { ...COMPONENTS, ...DOCUMENT_HEADINGS } : COMPONENTS}
    >
      {text}
    </ReactMarkdown>
  );
}
