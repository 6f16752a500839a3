import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface DisclosureProps {
  readonly label: string;
  readonly class: string;
  readonly children: ComponentChildren;
}

/** A button that opens a panel. Escape, an outside click or a focus change closes it. */
export function Disclosure({ label, class: name, children }: DisclosureProps) {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const closeOutside = ({ target }: Event) => {
      const own = details.current;
      if (own?.open && target instanceof Node && !own.contains(target)) own.open = false;
    };
    document.addEventListener('pointerdown', closeOutside);
    document.addEventListener('focusin', closeOutside);
    return () => {
      document.removeEventListener('pointerdown', closeOutside);
      document.removeEventListener('focusin', closeOutside);
    };
  }, []);
  const closeOnEscape = (event: KeyboardEvent) => {
    const own = details.current;
    if (event.key !== 'Escape' || !own?.open) return;
    event.stopPropagation();
    own.open = false;
    own.querySelector('summary')?.focus();
  };
  return (
    <details class={name} ref={details} onKeyDown={closeOnEscape}>
      <summary>{label}</summary>
      {children}
    </details>
  );
}
