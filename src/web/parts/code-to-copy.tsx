import { useState } from 'preact/hooks';

/** Shows a command and a button that copies it. */
export function CodeToCopy({ title, text }: { readonly title: string; readonly text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
  };
  return (
    <div class="code">
      <div class="row spread">
        <strong>{title}</strong>
        <button type="button" class="small" onClick={() => void copy()}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
      <textarea
        readOnly
        aria-label={`${title} command`}
        rows={Math.min(14, text.split('\n').length + 1)}
        value={text}
      />
    </div>
  );
}
