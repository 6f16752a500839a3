import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';

const NAMES = ['system', 'light', 'dark'] as const;
export type ThemeName = (typeof NAMES)[number];

/** Light, dark, or as the system has it. */
export interface Theme {
  readonly name: ReadonlySignal<ThemeName>;
  readonly dark: ReadonlySignal<boolean>;
  choose(name: ThemeName): void;
}

const STORED = 'hypercolumn-theme';

export function createTheme(window: Window): Theme {
  const stored = NAMES.find((name) => name === window.localStorage.getItem(STORED));
  const name = signal<ThemeName>(stored ?? 'system');
  const asked = window.matchMedia('(prefers-color-scheme: dark)');
  const system = signal(asked.matches);
  asked.addEventListener('change', () => {
    system.value = asked.matches;
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
