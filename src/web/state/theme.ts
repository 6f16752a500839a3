import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';

const NAMES = ['system', 'light', 'dark'] as const;
export type ThemeName = (typeof NAMES)[number];

/** The colour theme: light, dark, or the system's choice. */
export interface Theme {
  readonly name: ReadonlySignal<ThemeName>;
  readonly dark: ReadonlySignal<boolean>;
  choose(name: ThemeName): void;
}

const STORED = 'hypercolumn-theme';

export function createTheme(window: Window): Theme {
  const stored = NAMES.find((name) => name === window.localStorage.getItem(STORED));
  const name = signal<ThemeName>(stored ?? 'system');
  const media = window.matchMedia('(prefers-color-scheme: dark)');
  const system = signal(media.matches);
  media.addEventListener('change', () => {
    system.value = media.matches;
  });
  const dark = computed(() => (name.value === 'system' ? system.value : name.value === 'dark'));
  effect(() => {
    window.document.documentElement.dataset['theme'] = dark.value ? 'dark' : 'light';
  });
  return {
    name,
    dark,
    choose(chosen) {
      window.localStorage.setItem(STORED, chosen);
      name.value = chosen;
    },
  };
}
