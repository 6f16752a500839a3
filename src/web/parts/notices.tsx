import type { ComponentChildren } from 'preact';
import type { Fetched } from '../state/fetched.js';

/** Shows a spinner and the task in progress. */
export function Waiting({ children }: { readonly children: ComponentChildren }) {
  return (
    <p class="waiting" role="status">
      <span class="spinner" aria-hidden="true" /> {children}
    </p>
  );
}

/** Shows an error and, where it helps, a button that tries again. */
export function Failed({ error, retry }: { readonly error: Error; readonly retry?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <p>{error.message}</p>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Lists the warnings about a result. */
export function Warnings({ warnings }: { readonly warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <ul class="notice warn" aria-label="Warnings">
      {warnings.map((warning) => (
        <li key={warning}>{warning}</li>
      ))}
    </ul>
  );
}

export interface FetchedViewProps<T> {
  readonly fetched: Fetched<T>;
  /** The text next to the spinner. */
  readonly waiting: string;
  readonly children: (value: T) => ComponentChildren;
}

/** Renders a fetched value. The previous value stays, dimmed, until the next one arrives. */
export function FetchedView<T>({ fetched, waiting, children }: FetchedViewProps<T>) {
  const { value, error } = fetched;
  if (error) return <Failed error={error} retry={fetched.reload} />;
  if (value === undefined) return fetched.waiting ? <Waiting>{waiting}</Waiting> : null;
  return (
    <div class={fetched.waiting ? 'stale' : undefined} aria-busy={fetched.waiting}>
      {children(value)}
    </div>
  );
}
